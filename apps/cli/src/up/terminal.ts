/** What a long-running command shows: lines that stay, and one last line that says how far it is. */
export type Terminal = {
  say(line: string): void;
  /** Replaces the progress line; on what is no terminal it prints it now and then, when it has changed. */
  showProgress(line: string): void;
  /** Prints the progress line once more, to stay. */
  end(): void;
};

const ERASE_LINE = "\r\u001b[2K";
const PRINT_EVERY_MS = 5_000;

/** Shows on a stream of this process. `stopwatch` reads milliseconds. */
export function createTerminal(stream: NodeJS.WriteStream, stopwatch: () => number): Terminal {
  const live = stream.isTTY === true;
  let progress = "";
  let printed = "";
  let printedAtMs = Number.NEGATIVE_INFINITY;

  function draw(): void {
    // A line that wraps could not be taken back.
    stream.write(ERASE_LINE + progress.slice(0, Math.max(stream.columns - 1, 0)));
  }
  function print(): void {
    if (progress === printed) return;
    stream.write(`${progress}\n`);
    printed = progress;
    printedAtMs = stopwatch();
  }

  return {
    say(line) {
      if (!live) stream.write(`${line}\n`);
      else {
        stream.write(`${ERASE_LINE}${line}\n`);
        if (progress !== "") draw();
      }
    },
    showProgress(line) {
      progress = line;
      if (live) draw();
      else if (stopwatch() - printedAtMs >= PRINT_EVERY_MS) print();
    },
    end() {
      if (live) stream.write(progress === "" ? "" : `${ERASE_LINE}${progress}\n`);
      else print();
      progress = "";
    },
  };
}
