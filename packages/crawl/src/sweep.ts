import type { OutcomeKind } from "@switchboard/domain";
import type { Crawler, RecordedProbe } from "./crawler.ts";
import { pause } from "./pause.ts";

/** What a sweep did, so far or in the end. */
export type SweepSummary = {
  readonly probed: number;
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  readonly changes: number;
  /** How often a hostname was put off because its address was busy: it is probed later in the same sweep. */
  readonly deferred: number;
  /** Hostnames whose operators asked to be left alone; they are in no other number. */
  readonly optedOut: number;
};

/** How a sweep is going. */
export type SweepProgress = SweepSummary & {
  /** Hostnames that wait for their turn at a busy address. */
  readonly waiting: number;
};

/** So often is looked whether a deferred hostname can be claimed. */
const LOOK_AGAIN_MS = 250;
/** A hostname is handed back a moment after it was deferred, and it is from then that the directory's clock counts. */
const HANDED_BACK_WITHIN_MS = 1_000;

/**
 * Runs `lanes` batches side by side until no hostname is due for claiming and none that it deferred is still to come:
 * those that others hold are theirs. Resolves with what was done when that is so or `signal` aborts; rejects where the
 * directory fails. `onProgress` is called after every recorded probe, and while it waits. `stopwatch` reads milliseconds.
 */
export async function sweep({
  crawler,
  store,
  lanes,
  signal,
  stopwatch,
  onProgress,
}: {
  readonly crawler: Pick<Crawler, "runBatch">;
  readonly store: { countDue(atMost: number): Promise<number> };
  readonly lanes: number;
  readonly signal: AbortSignal;
  readonly stopwatch: () => number;
  readonly onProgress?: (soFar: SweepProgress) => void;
}): Promise<SweepSummary> {
  let summary: SweepSummary = NOTHING_YET;
  /** When each deferred hostname comes back. */
  let returns: number[] = [];
  // One lane's failure stops the others, so that none goes on behind the caller's back.
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);

  async function runLane(): Promise<void> {
    while (!stop.aborted) {
      const batch = await crawler.runBatch({
        signal: stop,
        onRecorded: (probe) => {
          summary = withProbe(summary, probe);
          onProgress?.({ ...summary, waiting: returns.length });
        },
        onDeferred: (afterMs) => {
          summary = { ...summary, deferred: summary.deferred + 1 };
          returns.push(stopwatch() + afterMs + HANDED_BACK_WITHIN_MS);
        },
        onOptedOut: () => {
          summary = { ...summary, optedOut: summary.optedOut + 1 };
          onProgress?.({ ...summary, waiting: returns.length });
        },
      });
      // Nothing claimed, or nothing that could be finished: asking again at once would bring the same.
      if (batch.handedBack === batch.claimed) return;
    }
  }

  async function runLanes(): Promise<void> {
    const running = Array.from({ length: lanes }, () =>
      runLane().catch((error: unknown) => {
        failure.abort(error);
        throw error;
      }),
    );
    await Promise.allSettled(running);
    await Promise.all(running);
  }

  /** Waits until something can be claimed, or nothing is to come back any more. */
  async function waitForReturns(): Promise<void> {
    while (!stop.aborted) {
      const now = stopwatch();
      returns = returns.filter((returnsAt) => returnsAt > now);
      onProgress?.({ ...summary, waiting: returns.length });
      if (returns.length === 0 || (await store.countDue(1)) > 0) return;
      await pause(LOOK_AGAIN_MS, stop);
    }
  }

  let isWorthALook: boolean;
  do {
    const doneBefore = summary.probed + summary.deferred + summary.optedOut;
    await runLanes();
    isWorthALook = summary.probed + summary.deferred + summary.optedOut > doneBefore || returns.length > 0;
    await waitForReturns();
    // A lane may end while another hands something back: so look again, unless looking again brought nothing.
  } while (!stop.aborted && (returns.length > 0 || (isWorthALook && (await store.countDue(1)) > 0)));
  return summary;
}

const NOTHING_YET: SweepSummary = {
  probed: 0,
  outcomes: { document: 0, absent: 0, unusable: 0, unreachable: 0, refused: 0 },
  changes: 0,
  deferred: 0,
  optedOut: 0,
};

function withProbe(summary: SweepSummary, { outcome, changes }: RecordedProbe): SweepSummary {
  return {
    ...summary,
    probed: summary.probed + 1,
    outcomes: { ...summary.outcomes, [outcome]: summary.outcomes[outcome] + 1 },
    changes: summary.changes + changes,
  };
}
