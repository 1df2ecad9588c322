import { type FederationReach, MINUTE_MS, SECOND_MS, type SourceSummary } from "@switchboard/domain";
import { openSource, type SourceInput } from "./open-source.ts";
import { type NameStore, readSource, type SourceEnd } from "./read-source.ts";
import type { SourceConfig } from "./source-config.ts";

type Lease = { readonly source: string; readonly token: string; readonly cursor: string | null };

/** Who reads what, as facts that survive us: only the holder of a lease may save, and a dead one's runs out. */
type SourceRunStore = {
  saveSourceRun(
    lease: Pick<Lease, "source" | "token">,
    progress: { readonly summary: SourceSummary; readonly cursor: string | null; readonly leaseMs: number },
  ): Promise<boolean>;
  endSourceRun(
    lease: Pick<Lease, "source" | "token">,
    end: {
      readonly summary: SourceSummary;
      readonly cursor: string | null;
      readonly error: string | null;
      readonly nextInMs: number | null;
    },
  ): Promise<boolean>;
};

export type SourceRunOptions = {
  readonly input: SourceInput;
  readonly store: NameStore & SourceRunStore;
  readonly source: SourceConfig;
  readonly lease: Lease;
  readonly taking: "now" | "spread";
  /** Whether it is due again by itself. */
  readonly isScheduled: boolean;
  readonly reach: FederationReach;
  readonly stopwatch: () => number;
  readonly onPage: (summary: SourceSummary) => void;
  readonly signal: AbortSignal;
};

/** Outlives the slowest page with all its patience; every page renews it. */
export const SOURCE_LEASE_MS = 10 * MINUTE_MS;

/** After a failure, where the source does not say when. */
const RETRY_MS = 60 * MINUTE_MS;
/** Between two pages of somebody else's server; our own database and files need none. */
const PAUSE_MS = SECOND_MS;

/**
 * Reads a leased source to its end, saving how far it got after each page, and gives the lease back. On a schedule it is
 * due again after its interval; after a failure in an hour, or when the source says, and then from where it failed; after
 * a stop at once. Rejects where the store fails: the lease then runs out by itself.
 */
export async function runSource(options: SourceRunOptions): Promise<SourceEnd> {
  const { input, store, source, lease, isScheduled, taking, reach, stopwatch, signal } = options;
  const end = await readSource({
    source: source.name,
    pages: openSource(input, source, { from: lease.cursor, signal }),
    from: lease.cursor,
    store,
    bound: source.bound,
    taking,
    reach,
    pauseMs: pauseMsOf(source),
    stopwatch,
    signal,
    async onPage(summary, cursor) {
      options.onPage(summary);
      return store.saveSourceRun(lease, { summary, cursor, leaseMs: SOURCE_LEASE_MS });
    },
  });
  const { summary, failure, isStopped } = end;
  const cursor = failure?.isCursorSuspect === true ? null : end.cursor;
  const retryMs = Math.min(source.everyMs, Math.max(RETRY_MS, failure?.retryAfterMs ?? 0));
  const nextInMs = !isScheduled || isStopped ? null : failure === null ? source.everyMs : retryMs;
  await store.endSourceRun(lease, { summary, cursor, error: failure?.message ?? null, nextInMs });
  return end;
}

/** How long a source is left in peace between two pages. */
export function pauseMsOf({ kind }: Pick<SourceConfig, "kind">): number {
  return kind === "documents" || kind === "file" ? 0 : PAUSE_MS;
}
