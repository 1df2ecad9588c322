import type { Crawler, SweepProgress } from "@switchboard/crawl";
import { SECOND_MS } from "@switchboard/domain";
import type { CommandContext } from "./command-context.ts";
import { doneOf, type SweepFacts, toLine, toLiveLines } from "./sweep-view.ts";

export type ShownSweep = {
  show(progress: SweepProgress): void;
  /** Leaves the terminal as it was: the answer is the summary. */
  stop(): void;
};

type ShownOptions = {
  /** Hostnames that are due as it begins. */
  readonly total: number;
  readonly crawler: Pick<Crawler, "inFlight" | "hasOutage">;
  /** Reads milliseconds. */
  readonly stopwatch: () => number;
  readonly context: Pick<CommandContext, "stderr" | "say">;
};

const NOTHING_YET: SweepProgress = {
  probed: 0,
  outcomes: { document: 0, absent: 0, unusable: 0, unreachable: 0, refused: 0 },
  changes: 0,
  deferred: 0,
  optedOut: 0,
  waiting: 0,
};

const LOOK_EVERY_MS = 250;
const LINE_EVERY_MS = 5_000;
const RATE_OVER_MS = 10_000;

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const ERASE_BELOW = "\u001b[J";
const DEFAULT_COLUMNS = 80;

/** Shows how a sweep is going, on standard error: in place on a terminal, elsewhere in a line every few seconds. */
export function showSweep(options: ShownOptions): ShownSweep {
  const { crawler, stopwatch, context } = options;
  const startedAt = stopwatch();
  const measureRate = createRateMeter();
  const view = context.stderr.isTTY === true ? createLiveView(context.stderr) : createLineView(context.say);
  let latest = NOTHING_YET;

  function look(): void {
    const now = stopwatch();
    view.draw({
      ...latest,
      // A worker beside us may take some, and others may come due meanwhile.
      total: Math.max(options.total, doneOf(latest)),
      inFlight: crawler.inFlight(),
      hasOutage: crawler.hasOutage(),
      elapsedMs: now - startedAt,
      perSecond: measureRate(now, doneOf(latest)),
    });
  }

  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    show(progress) {
      latest = progress;
    },
    stop() {
      clearInterval(timer);
      view.end();
    },
  };
}

/** Answers names a second over the last seconds, told the count so far now and then; null as long as it has one count. */
function createRateMeter(): (now: number, count: number) => number | null {
  let counts: { readonly at: number; readonly count: number }[] = [];
  return (now, count) => {
    counts = [...counts.filter(({ at }) => at >= now - RATE_OVER_MS), { at: now, count }];
    const [oldest] = counts;
    if (oldest === undefined || oldest.at === now) return null;
    return ((count - oldest.count) / (now - oldest.at)) * SECOND_MS;
  };
}

type View = { draw(facts: SweepFacts): void; end(): void };

/**
 * Draws over its last drawing. The cursor rests on an empty line at its top, so that a line of the log written meanwhile, or
 * the ^C that a terminal echoes, stays readable above the next drawing.
 */
function createLiveView(stream: NodeJS.WriteStream): View {
  const restore = () => void stream.write(`\r${ERASE_BELOW}${SHOW_CURSOR}`);
  // A second Ctrl-C ends the process at once: the cursor comes back all the same.
  process.once("exit", restore);
  stream.write(HIDE_CURSOR);
  return {
    draw(facts) {
      const lines = ["", ...toLiveLines(facts, stream.columns ?? DEFAULT_COLUMNS)];
      stream.write(`\r${ERASE_BELOW}${lines.join("\n")}\r\u001b[${lines.length - 1}A`);
    },
    end() {
      process.off("exit", restore);
      restore();
    },
  };
}

function createLineView(say: (line: string) => void): View {
  let saidAtMs = 0;
  let said = "";
  return {
    draw(facts) {
      if (facts.elapsedMs - saidAtMs < LINE_EVERY_MS) return;
      const { short, full } = toLine(facts);
      saidAtMs = facts.elapsedMs;
      if (short === said) return;
      said = short;
      say(full);
    },
    end() {},
  };
}
