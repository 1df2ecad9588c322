import { addMs, DAY_MS, HOUR_MS, type Instant } from "./instant.ts";
import { backOffMs, upToATenthLater, upToATenthSooner } from "./jitter.ts";

/** When to visit again, and what it takes to believe that a document was taken away. All durations in milliseconds. */
export type RevisitPolicy = {
  /** No visit sooner than this after the last, whatever headers say. */
  readonly floorMs: number;
  /** No visit later than this while the server answers. */
  readonly capMs: number;
  /** The interval after a first answer, or after a change of content or condition. */
  readonly changedMs: number;
  /** Each answer that brings nothing new makes the interval this many times longer. */
  readonly growth: number;
  /** The interval while published content is in doubt (absence or unusable answers not yet confirmed as a withdrawal). */
  readonly doubtMs: number;
  /** The longest wait after a first failure; doubled with every further one up to `capMs`. The wait is anywhere from `floorMs` up. */
  readonly failureBaseMs: number;
  /** A server that failed for this long is visited every `deadMs` only. */
  readonly deadAfterMs: number;
  readonly deadMs: number;
  /** An absence is believed when it was seen twice at least this far apart. */
  readonly absenceConfirmMs: number;
  /** Unusable answers are believed to be a withdrawal when there were this many over at least this long. */
  readonly unusableConfirmCount: number;
  readonly unusableConfirmMs: number;
  /** A full, unconditional answer is asked for at least this often. */
  readonly unconditionalMs: number;
};

export const REVISIT_POLICY: RevisitPolicy = {
  floorMs: HOUR_MS,
  capMs: 7 * DAY_MS,
  changedMs: 12 * HOUR_MS,
  growth: 1.5,
  doubtMs: DAY_MS,
  failureBaseMs: 2 * HOUR_MS,
  deadAfterMs: 30 * DAY_MS,
  deadMs: 30 * DAY_MS,
  absenceConfirmMs: DAY_MS,
  unusableConfirmCount: 3,
  unusableConfirmMs: 14 * DAY_MS,
  unconditionalMs: 7 * DAY_MS,
};

/** What the next visit depends on. `jitter` is uniform in [0, 1). */
export type RevisitCircumstances = {
  readonly now: Instant;
  readonly jitter: number;
  /** Asked for by the answer's headers; null where they say nothing. */
  readonly freshForMs: number | null;
  readonly retryAfterMs: number | null;
} & (
  | { readonly situation: "settled"; readonly intervalMs: number }
  | { readonly situation: "absence-unconfirmed"; readonly absentSince: Instant }
  | { readonly situation: "unusable-unconfirmed" }
  | { readonly situation: "failing"; readonly failureCount: number; readonly failingSince: Instant }
);

/** The revisit interval after an answer: `changedMs` after news (or a first answer), else longer than the last, up to the cap. */
export function nextIntervalMs(
  previousMs: number | null,
  changed: "changed" | "unchanged",
  policy: RevisitPolicy,
): number {
  if (changed === "changed" || previousMs === null) return policy.changedMs;
  return Math.min(policy.capMs, Math.max(policy.floorMs, previousMs) * policy.growth);
}

/**
 * When the next visit is due: always in (now, now + cap], where the cap is `deadMs` for the long dead and `capMs` else.
 * Failures back off exponentially with full jitter; an unconfirmed absence is looked at again right after it can be confirmed.
 */
export function nextDueAt(circumstances: RevisitCircumstances, policy: RevisitPolicy): Instant {
  const { now, jitter } = circumstances;
  const withinBounds = (ms: number) => addMs(now, Math.min(policy.capMs, Math.max(policy.floorMs, ms)));
  switch (circumstances.situation) {
    case "settled": {
      const askedMs = upToATenthLater(circumstances.freshForMs ?? 0, jitter);
      return withinBounds(Math.max(upToATenthSooner(circumstances.intervalMs, jitter), askedMs));
    }
    case "absence-unconfirmed": {
      const waited = Math.max(0, now - circumstances.absentSince);
      // An hour of jitter on top, never below: a second look before the time is up could confirm nothing.
      return withinBounds(policy.absenceConfirmMs - waited + jitter * HOUR_MS);
    }
    case "unusable-unconfirmed":
      return withinBounds(upToATenthSooner(policy.doubtMs, jitter));
    case "failing": {
      const { failingSince } = circumstances;
      if (now - failingSince >= policy.deadAfterMs) return addMs(now, upToATenthSooner(policy.deadMs, jitter));
      const askedMs = upToATenthLater(circumstances.retryAfterMs ?? 0, jitter);
      return withinBounds(Math.max(backOffMs(circumstances, policy), askedMs));
    }
  }
}
