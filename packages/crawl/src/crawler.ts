import {
  decideProbe,
  endOf,
  type FetchReport,
  type Hostname,
  type Instant,
  interpretFetch,
  OUTAGE_POLICY,
  type OutcomeKind,
  portOf,
  type RevisitPolicy,
  type Sighting,
  toHistoryMoment,
  type Validator,
  validatorFor,
} from "@switchboard/domain";
import type { Claim, CrawlStore, ProbeRecord, SeenWish } from "./crawl-store.ts";
import { Deferred } from "./deferred.ts";
import { createHandBacks } from "./hand-backs.ts";
import { startLease } from "./lease.ts";
import type { Log } from "./log.ts";
import { createOutageGuard } from "./outage-guard.ts";
import type { Places } from "./places.ts";
import { createRecorder } from "./recorder.ts";

/**
 * Reads one server's document. Every failure of the network is a report; an aborted signal rejects with its reason, an
 * address that is too busy with `Deferred`.
 */
export type Probe = (hostname: Hostname, validator: Validator | null, signal: AbortSignal) => Promise<FetchReport>;

/** What was written for one probed hostname. A 304 counts under the kind it confirms. */
export type RecordedProbe = {
  readonly hostname: Hostname;
  readonly outcome: OutcomeKind;
  /** Null where the kind says it all. */
  readonly reason: string | null;
  readonly changes: number;
};

export type BatchSummary = {
  readonly claimed: number;
  readonly recorded: readonly RecordedProbe[];
  /** Probed, but the claim had passed to somebody else meanwhile. */
  readonly discarded: number;
  /** Not probed to the end, because of a stop or the lease's end: due again at once. */
  readonly handedBack: number;
  /** Put off, to come back at its time: an address was too busy, or a failure may be our own network's. */
  readonly deferred: number;
  /** Left alone from now on, because their operators ask for it; nothing of what was seen is kept. */
  readonly optedOut: number;
  /** Stopped by an error of ours, which was logged: due again when the lease ends, not sooner, lest a bug spins. */
  readonly failed: number;
};

export type Crawler = {
  /**
   * Claims a batch of due hostnames, probes them and records what that means. Resolves when every decision of this batch
   * is committed and the rest is handed back; after an abort that is soon. While an outage of our own lasts it waits
   * before it claims. Rejects where nothing could be claimed.
   */
  runBatch(batch: {
    readonly signal: AbortSignal;
    readonly onRecorded?: (probe: RecordedProbe) => void;
    /** Called for each deferred hostname with the time until it can be claimed again. */
    readonly onDeferred?: (afterMs: number) => void;
    /** Called for each hostname that is left alone from now on. */
    readonly onOptedOut?: (way: SeenWish) => void;
  }): Promise<BatchSummary>;
  /** Probes under way just now, in all batches; those that wait for their address left out. */
  inFlight(): number;
  /** Whether an outage of our own keeps it from claiming. */
  hasOutage(): boolean;
};

export type CrawlerOptions = {
  readonly store: CrawlStore;
  readonly probe: Probe;
  readonly policy: RevisitPolicy;
  /** The bound on probes under way, shared by all batches and by the address limiter, in which probes leave their places. */
  readonly places: Places;
  /** Hostnames claimed at once. */
  readonly batchSize: number;
  /** How long a claim is ours; see `planBatches`. */
  readonly leaseMs: number;
  readonly clock: () => Instant;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
};

/** A batch's statements each wait a turn of a busy loop: with fewer in it, records would come faster than they are written. */
const RECORDS_PER_FLUSH = 500;
/** A document of the largest size becomes several times as much text on its way: hundreds of them would fill the memory. */
const BYTES_PER_FLUSH = 4 * 2 ** 20;
const FLUSH_DELAY_MS = 250;
const HAND_BACK_DELAY_MS = 50;

/** An operator's wish to be left alone, seen in the place of a record. */
type Wish = { readonly way: SeenWish };

/** How one claim ended. */
type ClaimEnd =
  | { readonly kind: "recorded"; readonly probe: RecordedProbe }
  | { readonly kind: "discarded" }
  | { readonly kind: "handed-back" }
  | { readonly kind: "deferred"; readonly afterMs: number }
  | { readonly kind: "opted-out"; readonly way: SeenWish }
  | { readonly kind: "failed"; readonly hostname: Hostname; readonly error: unknown };

/** Creates the one crawler of a process: claim, probe, decide, record (docs/architecture.md, "The one path that matters" and "Crawling"). */
export function createCrawler(options: CrawlerOptions): Crawler {
  const { store, probe, policy, places, batchSize, leaseMs, clock, random, log } = options;
  const recorder = createRecorder({
    store,
    maxRecords: RECORDS_PER_FLUSH,
    maxBytes: BYTES_PER_FLUSH,
    maxDelayMs: FLUSH_DELAY_MS,
  });
  const handBacks = createHandBacks({ store, log, delayMs: HAND_BACK_DELAY_MS });
  const { sampleAnswering } = store;
  const guard = createOutageGuard({ policy: OUTAGE_POLICY, sampleAnswering, askWitness, clock, log });

  /** Null where a stop or the lease's end came first. */
  async function probeClaim(claim: Claim, signal: AbortSignal): Promise<ProbeRecord | Wish | Deferred | null> {
    let begunAt: Instant;
    let decided: ProbeRecord | Wish;
    await places.take();
    try {
      if (signal.aborted) return null;
      if (guard.isPaused()) return new Deferred(0);
      begunAt = clock();
      const validator = validatorFor(claim.state, begunAt, policy);
      const report = await probe(claim.hostname, validator, signal);
      decided = toRecordOrWish(claim, report, validator);
    } catch (error) {
      if (signal.aborted) return null;
      if (error instanceof Deferred) return error;
      throw error;
    } finally {
      // Free again while the decision waits for its verdict and its micro-batch.
      places.give();
    }
    if ("way" in decided) return decided;
    const { hostname, state } = claim;
    const probed = { hostname, state, step: decided.decision.span, begunAt, endedAt: clock() };
    const judged = guard.judge(probed, signal);
    const verdict = judged instanceof Promise ? await judged : judged;
    return verdict === "record" ? decided : new Deferred(verdict.afterMs);
  }

  async function askWitness(hostname: Hostname): Promise<Sighting["end"] | null> {
    await places.take();
    try {
      const report = await probe(hostname, null, new AbortController().signal);
      const { outcome } = interpretFetch(report, null);
      if (outcome.kind === "unchanged") return "answer";
      return endOf({ kind: outcome.kind, reason: "reason" in outcome ? outcome.reason : null });
    } catch {
      // Put off by its address' limits, or the process ends: that says nothing.
      return null;
    } finally {
      places.give();
    }
  }

  function toRecordOrWish(claim: Claim, report: FetchReport, validator: Validator | null): ProbeRecord | Wish {
    const { hostname, token, state } = claim;
    const { hops, tls, timing } = report;
    const { lastProbedAt } = state;
    const fetchedAt = toHistoryMoment(report.fetchedAt, { lastProbedAt, leaseUntil: claim.leaseUntil });
    const plainName = claim.serverNames.find((name) => portOf(name) === null) ?? claim.serverNames[0];
    const interpretation = interpretFetch({ ...report, fetchedAt }, validator, plainName);
    if (interpretation.optOut !== null) return { way: interpretation.optOut };
    const decision = decideProbe({ state, interpretation, fetchedAt, policy, jitter: random() });
    return { hostname, token, decision, delivery: { hops, tls, timing }, fetchedAt };
  }

  async function finishClaim(claim: Claim, signal: AbortSignal): Promise<ClaimEnd> {
    try {
      const record = await probeClaim(claim, signal);
      if (record === null) {
        await handBacks.add(claim, 0);
        return { kind: "handed-back" };
      }
      if (record instanceof Deferred) {
        await handBacks.add(claim, record.afterMs);
        return { kind: "deferred", afterMs: record.afterMs };
      }
      if ("way" in record) {
        // A command, not an outcome: what was seen beside the wish is not even handed to the recorder.
        const isDone = await store.optOutClaimed(claim, record.way);
        return isDone ? { kind: "opted-out", way: record.way } : { kind: "discarded" };
      }
      if ((await recorder.record(record)) === "discarded") return { kind: "discarded" };
      const { span, changes } = record.decision;
      return {
        kind: "recorded",
        probe: { hostname: claim.hostname, outcome: span.kind, reason: span.reason, changes: changes.length },
      };
    } catch (error) {
      return { kind: "failed", hostname: claim.hostname, error };
    }
  }

  return {
    inFlight: () => places.taken(),
    hasOutage: guard.hasOutage,
    async runBatch({ signal, onRecorded, onDeferred, onOptedOut }) {
      await guard.untilClear(signal);
      if (signal.aborted) return summarize([]);
      const lease = startLease(leaseMs);
      try {
        const claims = await store.claimDue({ limit: batchSize, leaseMs });
        const stop = AbortSignal.any([signal, lease.signal]);
        const ends = await Promise.all(
          claims.map(async (claim) => {
            const end = await finishClaim(claim, stop);
            if (end.kind === "recorded") onRecorded?.(end.probe);
            else if (end.kind === "deferred") onDeferred?.(end.afterMs);
            else if (end.kind === "opted-out") onOptedOut?.(end.way);
            return end;
          }),
        );
        logFailures(ends, log);
        return summarize(ends);
      } finally {
        lease.end();
      }
    },
  };
}

function summarize(ends: readonly ClaimEnd[]): BatchSummary {
  const count = (kind: ClaimEnd["kind"]) => ends.reduce((sum, end) => sum + (end.kind === kind ? 1 : 0), 0);
  return {
    claimed: ends.length,
    recorded: ends.flatMap((end) => (end.kind === "recorded" ? [end.probe] : [])),
    discarded: count("discarded"),
    handedBack: count("handed-back"),
    deferred: count("deferred"),
    optedOut: count("opted-out"),
    failed: count("failed"),
  };
}

/** One line for each error, with the ids of all it struck: a lost database must not write a line for every hostname. */
function logFailures(ends: readonly ClaimEnd[], log: Log): void {
  const failed = ends.filter((end) => end.kind === "failed");
  for (const [error, struck] of Map.groupBy(failed, ({ error }) => error)) {
    const hostnames = struck.map(({ hostname }) => hostname);
    log.error(
      { err: error, hostnames },
      "hostnames set aside until their lease ends: their probe could not be finished",
    );
  }
}
