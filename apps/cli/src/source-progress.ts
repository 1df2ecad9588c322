import type { SourceSummary } from "@switchboard/domain";
import type { CommandContext } from "./command-context.ts";

export type SourceProgress = { readonly show: (summary: SourceSummary) => void; readonly stop: () => void };

const LINE_EVERY_MS = 5_000;
const CLEAR_LINE = "\r\u001b[2K";

/** How far a reading is: one line that is rewritten on a terminal, a line every few seconds elsewhere. Always on standard error. */
export function startSourceProgress(source: string, { stderr, say }: CommandContext): SourceProgress {
  let latest: SourceSummary | null = null;
  if (stderr.isTTY === true) {
    return {
      show: (summary) => void stderr.write(`${CLEAR_LINE}${describe(source, summary)}`),
      stop: () => void stderr.write(CLEAR_LINE),
    };
  }
  const timer = setInterval(() => {
    if (latest !== null) say(describe(source, latest));
    latest = null;
  }, LINE_EVERY_MS);
  timer.unref();
  return {
    show(summary) {
      latest = summary;
    },
    stop: () => clearInterval(timer),
  };
}

function describe(source: string, summary: SourceSummary): string {
  const { pages, heard, added, known, optedOut, heldBack, setAside } = summary;
  const aside = Object.values(setAside).reduce((sum, count) => sum + count, 0);
  const parts: readonly (readonly [number, string])[] = [
    [added, "new"],
    [known, "known"],
    [optedOut, "opted out"],
    [heldBack, "held back"],
    [aside, "set aside"],
  ];
  const shown = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [`${source}: ${pages} pages read, ${heard} names heard`, ...shown].join(", ");
}
