import cliProgress from "cli-progress";
import type { CommandContext } from "./command-context.ts";

export type SweepProgress = { show(probed: number): void; stop(): void };

const LINE_EVERY_MS = 5_000;

/** A bar on a terminal; elsewhere a line every few seconds. Both on standard error: the answer is the summary. */
export function startSweepProgress(total: number, { stderr, say }: CommandContext): SweepProgress {
  return stderr.isTTY === true ? startBar(total, stderr) : startLines(total, say);
}

function startBar(total: number, stream: NodeJS.WritableStream): SweepProgress {
  const bar = new cliProgress.SingleBar(
    {
      format: "{bar} {value} of {total} probed, {eta_formatted} left",
      hideCursor: true,
      clearOnComplete: true,
      stream,
    },
    cliProgress.Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    show(probed) {
      // A worker beside us may take some, and others may come due meanwhile.
      if (probed > bar.getTotal()) bar.setTotal(probed);
      bar.update(probed);
    },
    stop: () => bar.stop(),
  };
}

function startLines(total: number, say: (line: string) => void): SweepProgress {
  let probed = 0;
  let said = 0;
  const timer = setInterval(() => {
    if (probed !== said) say(`${probed} of ${total} probed`);
    said = probed;
  }, LINE_EVERY_MS);
  timer.unref();
  return {
    show(given) {
      probed = given;
    },
    stop: () => clearInterval(timer),
  };
}
