import {
  type DiscoveredDecision,
  type DiscoveryPolicy,
  type DiscoveryReport,
  type DiscoveryState,
  decideDiscovered,
  type Instant,
  type KnownDelegation,
  type ServerKey,
  toHistoryMoment,
} from "@switchboard/domain";
import { startLease } from "./lease.ts";
import type { Log } from "./log.ts";
import { pause } from "./pause.ts";

/** A server name lent to this process until its lease ends. Only the holder of `token` may record a discovery of it. */
export type DiscoveryClaim = {
  readonly serverName: ServerKey;
  readonly token: string;
  readonly leaseUntil: Instant;
  readonly state: DiscoveryState;
};

/** A discovery's decision on its way into the directory. */
export type DiscoveryRecord = {
  readonly serverName: ServerKey;
  readonly token: string;
  readonly decision: DiscoveredDecision;
  readonly discoveredAt: Instant;
};

/** What discovery needs of the directory. The directory's clock judges leases; a record with a stale token is discarded by it. */
export type DiscoveryStore = {
  claimDueDiscoveries(request: {
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<readonly DiscoveryClaim[]>;
  /** In one transaction. */
  recordDiscoveries(records: readonly DiscoveryRecord[]): Promise<{ readonly discardedNames: readonly ServerKey[] }>;
  /** Gives claims back: they are due again at once. */
  handBackDiscoveries(claims: readonly Pick<DiscoveryClaim, "serverName" | "token">[]): Promise<unknown>;
};

/** Finds one server and reads its version. Every failure of the network is a report; an aborted signal rejects with its reason. */
export type Discover = (
  serverName: ServerKey,
  known: KnownDelegation | null,
  signal: AbortSignal,
) => Promise<DiscoveryReport>;

export type DiscoveryCrawlerOptions = {
  readonly store: DiscoveryStore;
  readonly discover: Discover;
  readonly policy: DiscoveryPolicy;
  /** The bound on discoveries under way: places of its own, none of the probes'. */
  readonly inFlight: number;
  /** How long a claim is ours. */
  readonly leaseMs: number;
  /** How long to wait before looking for due names again. */
  readonly tickMs: number;
  /** Whether discoveries may begin now: asked before each claim, so that they wait while there are probes to be made. */
  readonly mayBegin: () => Promise<boolean>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  /** Called for each discovery that was recorded: why there is no software, null where there is. */
  readonly onRecorded?: (failure: string | null) => void;
};

export type DiscoveryCrawler = {
  /**
   * Claims due names as places become free, finds their servers and records what that means, until `signal` aborts.
   * Resolves when everything under way is recorded or handed back. Whatever cannot be, or what a killed process held,
   * comes due by the end of its lease.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Discoveries under way just now. */
  inFlight(): number;
};

const RECORDS_PER_FLUSH = 100;
/** A directory that went away is not asked again with every tick. */
const FAILED_TICKS = 20;

/** Creates the one discovery crawler of a process (docs/server-discovery.md, "For all servers"). */
export function createDiscoveryCrawler(options: DiscoveryCrawlerOptions): DiscoveryCrawler {
  const { store, discover, policy, inFlight, leaseMs, tickMs, mayBegin, random, log } = options;
  const underWay = new Set<Promise<void>>();
  const waiting: DiscoveryRecord[] = [];
  let writing: Promise<void> | null = null;

  /** Null where a stop or the lease's end came first. */
  async function visit(claim: DiscoveryClaim, stop: AbortSignal): Promise<DiscoveryRecord | null> {
    const { serverName, token, state, leaseUntil } = claim;
    try {
      const report = await discover(serverName, state.delegation, stop);
      const discoveredAt = toHistoryMoment(report.discoveredAt, { lastProbedAt: state.lastTriedAt, leaseUntil });
      const decision = decideDiscovered({ state, report: { ...report, discoveredAt }, policy, jitter: random() });
      return { serverName, token, decision, discoveredAt };
    } catch (error) {
      if (stop.aborted) return null;
      throw error;
    }
  }

  /** The place is free again while the record waits to be written. */
  async function finish(claim: DiscoveryClaim, stop: AbortSignal): Promise<void> {
    const { serverName } = claim;
    try {
      const record = await visit(claim, stop);
      if (record === null) {
        await store.handBackDiscoveries([claim]);
        return;
      }
      waiting.push(record);
      writing ??= write();
    } catch (error) {
      log.error(
        { err: error, serverName },
        "a server name is set aside until its lease ends: its discovery could not be finished",
      );
    }
  }

  /** One batch at a time, each with all that came while the last was written. */
  async function write(): Promise<void> {
    while (waiting.length > 0) await writeBatch(waiting.splice(0, RECORDS_PER_FLUSH));
    writing = null;
  }

  async function writeBatch(records: readonly DiscoveryRecord[]): Promise<void> {
    try {
      const { discardedNames } = await store.recordDiscoveries(records);
      const discarded = new Set(discardedNames);
      for (const { serverName, decision } of records) {
        if (!discarded.has(serverName)) options.onRecorded?.(decision.state.failure);
      }
    } catch (error) {
      log.error(
        { err: error, discoveries: records.length },
        "discoveries could not be recorded; their names come due when their lease ends",
      );
    }
  }

  /** Answers how long to wait before looking again. */
  async function beginDue(signal: AbortSignal): Promise<number> {
    const free = inFlight - underWay.size;
    try {
      if (free === 0 || !(await mayBegin())) return tickMs;
      const lease = startLease(leaseMs);
      const stop = AbortSignal.any([signal, lease.signal]);
      const claims = await store.claimDueDiscoveries({ limit: free, leaseMs }).catch((error: unknown) => {
        lease.end();
        throw error;
      });
      const finishing = claims.map((claim) => {
        const finished: Promise<void> = finish(claim, stop).finally(() => underWay.delete(finished));
        underWay.add(finished);
        return finished;
      });
      void Promise.all(finishing).finally(lease.end);
      return tickMs;
    } catch (error) {
      log.warn({ err: error }, "no server names could be claimed for discovery; it is tried again");
      return FAILED_TICKS * tickMs;
    }
  }

  return {
    inFlight: () => underWay.size,
    async run(signal) {
      while (!signal.aborted) await pause(await beginDue(signal), signal);
      await Promise.all(underWay);
      await writing;
    },
  };
}
