import { addMs, DAY_MS, HOUR_MS, type Instant, MINUTE_MS, toInstant } from "./instant.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

/**
 * What the directory knows of its canary: a server name that this instance serves itself, with a document that changes at
 * midnight UTC. If the change comes out at the other end, in the feed, everything in between works.
 */
export type Canary = {
  readonly addedAt: Instant;
  readonly lastProbedAt: Instant | null;
  /** When the last change of its document that is in the feed was seen. */
  readonly lastChangeAt: Instant | null;
};

/** Why a canary is late: it was not probed since the document changed, or was, and the document was not today's. */
export type CanaryHealth =
  | { readonly state: "alive" }
  /** Added so lately that nothing can be said. */
  | { readonly state: "too-young" }
  | {
      readonly state: "late";
      readonly reason: "not-listed" | "not-probed" | "unchanged";
      readonly since: Instant | null;
    };

/** How long after midnight the change may take into the feed. */
const GRACE_MS = HOUR_MS;
/** By so much the clocks of the api, which changes the document, and of a worker, which dates the change, may differ. */
const SKEW_MS = 5 * MINUTE_MS;
/** A probe that did not bring today's document is repeated after this. */
const RETRY_MS = 10 * MINUTE_MS;

/** The name of a canary as it was configured. Throws RangeError where it is no server name: the environment's parser lets none through. */
export function toCanaryName(text: string): ServerName {
  const name = parseServerName(text);
  if (!name.ok) throw new RangeError(name.error.message);
  return name.value;
}

/** Judges a canary; null is one that the directory does not know. */
export function judgeCanary(canary: Canary | null, now: Instant): CanaryHealth {
  if (canary === null) return { state: "late", reason: "not-listed", since: null };
  const { addedAt, lastProbedAt, lastChangeAt } = canary;
  const changedAt = startOfDay(addMs(now, -GRACE_MS));
  if (lastChangeAt !== null && lastChangeAt >= changedAt - SKEW_MS) return { state: "alive" };
  if (now - addedAt < GRACE_MS) return { state: "too-young" };
  const wasProbed = lastProbedAt !== null && lastProbedAt >= changedAt;
  const since = toInstant(Math.max(changedAt, addedAt));
  return { state: "late", reason: wasProbed ? "unchanged" : "not-probed", since };
}

/** Whether a canary that was probed before should be probed again: today's document is not in the feed, and no probe just looked. */
export function isCanaryVisitDue({ lastProbedAt, lastChangeAt }: Canary, now: Instant): boolean {
  const changedAt = startOfDay(now);
  if (lastProbedAt === null || (lastChangeAt !== null && lastChangeAt >= changedAt)) return false;
  return lastProbedAt < changedAt || now - lastProbedAt >= RETRY_MS;
}

/**
 * A canary for those who watch numbers: how old the newest change is that came through, in milliseconds, before the first
 * for how long it has been waited for, null as for `judgeCanary`; and whether one is late.
 */
export function measureCanary(
  canary: Canary | null,
  now: Instant,
): { readonly ageMs: number | null; readonly isLate: boolean } {
  const ageMs = canary === null ? null : Math.max(0, now - (canary.lastChangeAt ?? canary.addedAt));
  return { ageMs, isLate: judgeCanary(canary, now).state === "late" };
}

/** The midnight UTC that begins the day of a moment. */
function startOfDay(moment: Instant): Instant {
  return toInstant(Math.floor(moment / DAY_MS) * DAY_MS);
}
