import { addMs, DAY_MS, HOUR_MS, type Instant } from "./instant.ts";
import { backOffMs, upToATenthLater, upToATenthSooner } from "./jitter.ts";

/** When to look for a server again, and what silence means (docs/server-discovery.md). All durations in milliseconds. */
export type DiscoveryPolicy = {
  /** No visit sooner than this after the last: an answer without a delegation is good for an hour at most. */
  readonly floorMs: number;
  /** The interval after a first answer, after other software than before, and after silence. */
  readonly changedMs: number;
  /** Each answer that brings nothing new makes the interval this many times longer. */
  readonly growth: number;
  /** No visit later than this unless a server is long dead. */
  readonly capMs: number;
  /** The longest wait after a first silent visit; doubled with every further one up to `capMs`. The wait is anywhere from `floorMs` up. */
  readonly failureBaseMs: number;
  /** A server that was silent for this long is visited every `deadMs` only. */
  readonly deadAfterMs: number;
  readonly deadMs: number;
  /** Silence lasted when it was met at this many visits in a row, over at least this long. */
  readonly offlineVisits: number;
  readonly offlineAfterMs: number;
};

export const DISCOVERY_POLICY: DiscoveryPolicy = {
  floorMs: HOUR_MS,
  changedMs: DAY_MS,
  growth: 1.5,
  capMs: 7 * DAY_MS,
  failureBaseMs: 2 * HOUR_MS,
  deadAfterMs: 30 * DAY_MS,
  deadMs: 30 * DAY_MS,
  offlineVisits: 2,
  offlineAfterMs: 12 * HOUR_MS,
};

/** What the next visit depends on. `jitter` is uniform in [0, 1). */
export type DiscoveryCircumstances = { readonly now: Instant; readonly jitter: number } & (
  | { readonly situation: "answering"; readonly intervalMs: number; readonly delegationFreshUntil: Instant | null }
  | { readonly situation: "silent"; readonly failureCount: number; readonly failingSince: Instant }
);

/** The interval after an answer: `changedMs` where it brought news, else longer than the last, up to the cap. */
export function nextDiscoveryIntervalMs(previousMs: number | null, policy: DiscoveryPolicy): number {
  if (previousMs === null) return policy.changedMs;
  return Math.min(policy.capMs, Math.max(policy.floorMs, previousMs) * policy.growth);
}

/**
 * When to look for a server again: at or after now + `floorMs`, at or before now + `capMs`, or `deadMs` for the long dead.
 * A server that answers is not visited while its delegation is fresh; silence backs off exponentially with full jitter.
 */
export function nextDiscoveryAt(circumstances: DiscoveryCircumstances, policy: DiscoveryPolicy): Instant {
  const { now, jitter } = circumstances;
  const withinBounds = (ms: number) => addMs(now, Math.min(policy.capMs, Math.max(policy.floorMs, ms)));
  if (circumstances.situation === "answering") {
    const freshForMs = Math.max(0, (circumstances.delegationFreshUntil ?? now) - now);
    const whenStaleMs = upToATenthLater(freshForMs, jitter);
    return withinBounds(Math.max(upToATenthSooner(circumstances.intervalMs, jitter), whenStaleMs));
  }
  const { failingSince } = circumstances;
  if (now - failingSince >= policy.deadAfterMs) return addMs(now, upToATenthSooner(policy.deadMs, jitter));
  return withinBounds(backOffMs(circumstances, policy));
}
