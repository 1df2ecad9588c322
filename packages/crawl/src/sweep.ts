import type { OutcomeKind } from "@switchboard/domain";
import type { Crawler, RecordedProbe } from "./crawler.ts";

/** What a sweep did, so far or in the end. */
export type SweepSummary = {
  readonly probed: number;
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  readonly changes: number;
};

/**
 * Runs `lanes` batches side by side until no hostname is due for claiming: those that others hold are theirs. Resolves
 * with what was done when that is so or `signal` aborts; rejects where the directory fails. `onProgress` is called after every recorded probe.
 */
export async function sweep({
  crawler,
  store,
  lanes,
  signal,
  onProgress,
}: {
  readonly crawler: Pick<Crawler, "runBatch">;
  readonly store: { countDue(atMost: number): Promise<number> };
  readonly lanes: number;
  readonly signal: AbortSignal;
  readonly onProgress?: (soFar: SweepSummary) => void;
}): Promise<SweepSummary> {
  let summary: SweepSummary = NOTHING_YET;
  // One lane's failure stops the others, so that none goes on behind the caller's back.
  const failure = new AbortController();
  const stop = AbortSignal.any([signal, failure.signal]);

  async function runLane(): Promise<void> {
    while (!stop.aborted) {
      const batch = await crawler.runBatch({
        signal: stop,
        onRecorded: (probe) => {
          summary = withProbe(summary, probe);
          onProgress?.(summary);
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

  let probedBefore: number;
  do {
    probedBefore = summary.probed;
    await runLanes();
    // A lane may end while another hands something back: so look again, unless looking again brought nothing.
  } while (!stop.aborted && summary.probed > probedBefore && (await store.countDue(1)) > 0);
  return summary;
}

const NOTHING_YET: SweepSummary = {
  probed: 0,
  outcomes: { document: 0, absent: 0, unusable: 0, unreachable: 0, refused: 0 },
  changes: 0,
};

function withProbe(summary: SweepSummary, { outcome, changes }: RecordedProbe): SweepSummary {
  return {
    probed: summary.probed + 1,
    outcomes: { ...summary.outcomes, [outcome]: summary.outcomes[outcome] + 1 },
    changes: summary.changes + changes,
  };
}
