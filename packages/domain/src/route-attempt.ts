import type { Instant } from "./instant.ts";
import type { Listing } from "./listing.ts";
import type { ServerName } from "./server-name.ts";

export type AttemptCode =
  | "not-listed"
  | "opted-out"
  | "unprobed"
  | "absent"
  | "withdrawn"
  | "unusable"
  | "unreachable"
  | "refused"
  | "all-set-aside";

/** Something that was looked at and gave nothing, or gave only what was known from before. */
export type Attempt = {
  readonly serverName: ServerName;
  readonly code: AttemptCode;
  readonly message: string;
  /** Since when this is so; null where there is no such moment. */
  readonly at: Instant | null;
};

export type MethodCount = { readonly offered: number; readonly setAside: number };

/**
 * What the directory knows against the contacts of a server, or instead of them; empty where all is well. `listing` is null
 * where it knows nothing.
 */
export function findAttempts(
  serverName: ServerName,
  listing: Listing | "opted-out" | null,
  count: MethodCount,
): readonly Attempt[] {
  const found = listing === null ? NOT_LISTED : listing === "opted-out" ? OPTED_OUT : explainListing(listing, count);
  return found === null ? [] : [{ serverName, ...found }];
}

type Explanation = Pick<Attempt, "code" | "message" | "at">;

const NOT_LISTED: Explanation = {
  code: "not-listed",
  message: "the directory has never heard of this server",
  at: null,
};

const OPTED_OUT: Explanation = { code: "opted-out", message: "the operator asked not to be listed", at: null };

function explainListing(listing: Listing, count: MethodCount): Explanation | null {
  if (listing.published !== null) return explainPublished(listing, count);
  if (listing.withdrawnAt !== null) {
    return { code: "withdrawn", message: "the operator took the support document away", at: listing.withdrawnAt };
  }
  return explainCondition(listing, {
    absent: "it publishes no support document",
    other: "no contacts are known from before",
  });
}

function explainPublished(listing: Listing, { offered, setAside }: MethodCount): Explanation | null {
  if (offered === 0 && setAside > 0) {
    return { code: "all-set-aside", message: "every contact it publishes was set aside", at: null };
  }
  return explainCondition(listing, {
    absent: "its support document was not there at the last look; the contacts are as last seen",
    other: "the contacts are as last seen",
  });
}

type Consequence = { readonly absent: string; readonly other: string };

function explainCondition(listing: Listing, consequence: Consequence): Explanation | null {
  const at = listing.conditionSince;
  const reason = listing.conditionReason === null ? "" : ` (${listing.conditionReason})`;
  switch (listing.condition) {
    case "document":
      return null;
    case "unprobed":
      return { code: "unprobed", message: "it was heard of and never asked yet", at: null };
    case "absent":
      return { code: "absent", message: consequence.absent, at };
    case "unusable":
      return { code: "unusable", message: `what it answers is no support document${reason}; ${consequence.other}`, at };
    case "unreachable":
      return { code: "unreachable", message: `it does not answer${reason}; ${consequence.other}`, at };
    case "refused":
      return { code: "refused", message: `our rules forbid asking it${reason}; ${consequence.other}`, at };
  }
}
