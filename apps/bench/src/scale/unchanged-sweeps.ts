import {
  addMs,
  DAY_MS,
  type Delivery,
  decideProbe,
  type Instant,
  type ProbeOutcome,
  REVISIT_POLICY,
  type ServerState,
} from "@switchboard/domain";
import type { Claim, ProbeRecord, Store } from "@switchboard/store";
import { toServedBytes } from "@switchboard/testkit";

const CLAIM_SIZE = 500;
const RECORD_SIZE = 100;
const LEASE_MS = 600_000;

/** What one sweep took: a duration per claim and per recorded batch, and this process' own CPU for all of it. */
export type SweepCost = {
  readonly names: number;
  readonly wallMs: number;
  readonly clientCpuMs: number;
  readonly claimMs: readonly number[];
  readonly recordMs: readonly number[];
};

/**
 * Sweeps what is due once, with every server answering as it did before: claim, decide, record. What is recorded comes due
 * again at once, in another order, behind all that this sweep still has before it.
 */
export async function sweepUnchanged(options: {
  readonly store: Store;
  readonly names: number;
  /** Days that lie between the due times of what is recorded and now; fewer with each sweep. */
  readonly dueAgoDays: number;
  /** Batches under way at a time. */
  readonly batches: number;
  readonly random: () => number;
  readonly clock: () => Instant;
  readonly signal: AbortSignal;
}): Promise<SweepCost> {
  const { store, names, signal } = options;
  const claimMs: number[] = [];
  const recordMs: number[] = [];
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  let left = names;
  let recorded = 0;
  const work = async () => {
    while (left > 0) {
      signal.throwIfAborted();
      const limit = Math.min(CLAIM_SIZE, left);
      left -= limit;
      const claims = await timed(claimMs, () => store.claimDue({ limit, leaseMs: LEASE_MS }));
      if (claims.length === 0) throw new Error(`${left + limit} of ${names} names are left, and none can be claimed`);
      const records = claims.map((claim) => toUnchangedRecord(claim, options));
      for (let first = 0; first < records.length; first += RECORD_SIZE) {
        const batch = records.slice(first, first + RECORD_SIZE);
        const end = await timed(recordMs, () => store.recordProbes(batch));
        recorded += end.recorded;
      }
    }
  };
  await Promise.all(Array.from({ length: options.batches }, work));
  if (recorded !== names) throw new Error(`a sweep of ${names} names recorded ${recorded}`);
  const cpu = process.cpuUsage(cpuBefore);
  return {
    names,
    wallMs: performance.now() - startedAt,
    clientCpuMs: (cpu.user + cpu.system) / 1000,
    claimMs,
    recordMs,
  };
}

async function timed<T>(samples: number[], work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  samples.push(performance.now() - startedAt);
  return result;
}

function toUnchangedRecord(
  { hostname, token, state }: Claim,
  { clock, random, dueAgoDays }: Pick<Parameters<typeof sweepUnchanged>[0], "clock" | "random" | "dueAgoDays">,
): ProbeRecord {
  const fetchedAt = clock();
  const interpretation = { outcome: sameAgain(state), freshForMs: null, retryAfterMs: null };
  const decision = decideProbe({ state, interpretation, fetchedAt, policy: REVISIT_POLICY, jitter: random() });
  const dueAt = addMs(fetchedAt, (random() / 2 - dueAgoDays) * DAY_MS);
  return { hostname, token, decision: { ...decision, dueAt }, delivery: deliveryOf(state, random), fetchedAt };
}

/** The outcome that finds this server as it was. */
function sameAgain({ span, published, answerFindings, validator }: ServerState): ProbeOutcome {
  const kind = span?.kind ?? "unreachable";
  const reason = Object.keys(span?.reasons ?? {}).at(-1);
  if (kind === "document" && published !== null) {
    if (validator !== null) return { kind: "unchanged", confirms: "document" };
    return { kind, ...published, raw: toServedBytes(published.document), validator };
  }
  if (kind === "absent") return { kind, findings: answerFindings, validator };
  if (kind === "unusable") return { kind, reason: "html", findings: answerFindings, validator };
  return { kind: "unreachable", reason: reason === "connect-timeout" ? reason : "dns-not-found", detail: "in a bench" };
}

function deliveryOf({ hostname, span }: ServerState, random: () => number): Delivery {
  const url = `https://${hostname}/.well-known/matrix/support`;
  const answered = span?.kind === "document" || span?.kind === "absent" || span?.kind === "unusable";
  return {
    hops: [{ url, status: answered ? 200 : null, address: answered ? "192.0.2.1" : null, headers: null }],
    tls: null,
    timing: {
      totalMs: Math.round(random() * 900),
      dnsMs: 5,
      connectMs: answered ? 20 : null,
      firstByteMs: answered ? 38 : null,
    },
  };
}
