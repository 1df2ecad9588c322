import { DAY_MS, type Instant } from "./instant.ts";
import type { Listing } from "./listing.ts";

/** How far *our knowledge* can be trusted; it says nothing about whether the admin is at home. */
export const FRESHNESS_STATES = ["fresh", "aging", "stale", "unknown"] as const;
export type FreshnessState = (typeof FRESHNESS_STATES)[number];

export type FreshnessReasonCode =
  | "never-probed"
  | "never-answered"
  | "confirmed"
  | "not-confirmed-lately"
  | "not-confirmed-for-long"
  | "unreachable"
  | "refused"
  | "unusable"
  | "absence-unconfirmed";

export type FreshnessReason = {
  readonly code: FreshnessReasonCode;
  readonly message: string;
  /** Since when this holds; null where there is no such moment. */
  readonly since: Instant | null;
};

export type Freshness = { readonly state: FreshnessState; readonly reasons: readonly FreshnessReason[] };

/** Ages of the last confirmation, in milliseconds, up to which knowledge is fresh, and from which it is stale. */
export type FreshnessPolicy = { readonly freshForMs: number; readonly staleAfterMs: number };

/** A day more than the longest revisit interval is still fresh; a month without a confirmation is stale. */
export const FRESHNESS_POLICY: FreshnessPolicy = { freshForMs: 8 * DAY_MS, staleAfterMs: 30 * DAY_MS };

const CONDITION_REASONS: Partial<Record<Listing["condition"], { code: FreshnessReasonCode; message: string }>> = {
  unreachable: { code: "unreachable", message: "The server does not answer; what it published before is shown." },
  refused: { code: "refused", message: "Our rules forbid the request; what was published before is shown." },
  unusable: { code: "unusable", message: "The server answers with something that is no support document." },
  absent: {
    code: "absence-unconfirmed",
    message: "The document was not there at the last look; a second look will tell.",
  },
};

type Clocks = Pick<Listing, "published" | "condition" | "conditionSince" | "lastProbedAt" | "lastConfirmedAt">;

/**
 * Freshness of a listing at a moment: computed from the clocks and the policy, never stored, always with its reasons.
 * `unknown`: nothing was ever confirmed. `fresh`: confirmed lately, and the server answers. `stale`: not confirmed for
 * `staleAfterMs`. `aging`: everything between.
 */
export function freshnessOf(listing: Clocks, now: Instant, policy: FreshnessPolicy = FRESHNESS_POLICY): Freshness {
  const { lastConfirmedAt } = listing;
  const trouble = conditionReason(listing);
  if (listing.lastProbedAt === null) {
    const message = "The server was heard of and never asked yet.";
    return { state: "unknown", reasons: [{ code: "never-probed", message, since: null }] };
  }
  if (lastConfirmedAt === null) {
    const message = "The server never gave an answer that says whether it publishes contacts.";
    const reason: FreshnessReason = { code: "never-answered", message, since: listing.conditionSince };
    return { state: "unknown", reasons: trouble === null ? [reason] : [reason, trouble] };
  }
  const age = now - lastConfirmedAt;
  const troubles = trouble === null ? [] : [trouble];
  if (age > policy.staleAfterMs) {
    const message = "What is shown was last confirmed long ago.";
    return {
      state: "stale",
      reasons: [{ code: "not-confirmed-for-long", message, since: lastConfirmedAt }, ...troubles],
    };
  }
  if (age > policy.freshForMs) {
    const message = "What is shown was not confirmed lately.";
    return {
      state: "aging",
      reasons: [{ code: "not-confirmed-lately", message, since: lastConfirmedAt }, ...troubles],
    };
  }
  if (trouble !== null) return { state: "aging", reasons: [trouble] };
  const message =
    listing.published === null ? "The server publishes no contacts." : "The document was seen as it is shown.";
  return { state: "fresh", reasons: [{ code: "confirmed", message, since: lastConfirmedAt }] };
}

/** What the present condition says against trusting the listing; null where nothing does. */
function conditionReason(listing: Clocks): FreshnessReason | null {
  // A server that publishes nothing and says so honestly is as it should be.
  if (listing.condition === "absent" && listing.published === null) return null;
  const reason = CONDITION_REASONS[listing.condition];
  return reason === undefined ? null : { ...reason, since: listing.conditionSince };
}
