import cliProgress from "cli-progress";
import type { CommandContext } from "./command-context.ts";

export type SweepProgress = {
  /** `waiting`: how many wait for their turn at a busy address. */
  show(probed: number, waiting: number): void;
  stop(): void;
};

const LINE_EVERY_MS = 5_000;

/** A bar on a terminal; elsewhere a line every few seconds. Both on standard error: the answer is the summary. */
export function startSweepProgress(total: number, { stderr, say }: CommandContext): SweepProgress {
  return stderr.isTTY === true ? startBar(total, stderr) : startLines(total, say);
}

function startBar(total: number, stream: NodeJS.WritableStream): SweepProgress {
  const bar = new cliProgress.SingleBar(
    {
      format: "{bar} {value} of {total} probed, {eta_formatted} left{waiting}",
      hideCursor: true,
      clearOnComplete: true,
      stream,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0, { waiting: "" });
  return {
    show(probed, waiting) {
      // A worker beside us may take some, and others may come due meanwhile.
      if (probed > bar.getTotal()) bar.setTotal(probed);
      bar.update(probed, { waiting: formatWaiting(waiting) });
    },
    stop: () => bar.stop(),
  };
}

function startLines(total: number, say: (line: string) => void): SweepProgress {
  let line = "";
  let said = "";
  const timer = setInterval(() => {
    if (line !== said) say(line);
    said = line;
  }, LINE_EVERY_MS);
  timer.unref();
  return {
    show(probed, waiting) {
      line = `${probed} of ${total} probed${formatWaiting(waiting)}`;
    },
    stop: () => clearInterval(timer),
  };
}

function formatWaiting(waiting: number): string {
  return waiting === 0 ? "" : `; ${waiting} wait for their turn at a busy address`;
}
