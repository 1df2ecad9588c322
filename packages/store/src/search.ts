import type { Condition, FreshnessPolicy, FreshnessState, Instant, Listing, Result } from "@switchboard/domain";
import type { CursorError, Page } from "./page.ts";

export type ListingSearch = {
  /** Prefix under 3 characters, substring from 3; typo tolerance on the first label when nothing matched. */
  readonly q?: string;
  /** How `q` is held against contacts: reverse look-up of parts of addresses needs a key (DESIGN, "Names and privacy"). */
  readonly contactMatch: "exact" | "substring";
  /** In its stable spelling. */
  readonly role?: string;
  readonly condition?: Condition;
  readonly freshness?: { readonly state: FreshnessState; readonly now: Instant; readonly policy: FreshnessPolicy };
  /** `name` ascending; `confirmed` and `changed` latest first, never last. */
  readonly sort: "name" | "confirmed" | "changed";
  readonly limit: number;
  readonly cursor?: string;
};

/** `match`: whether these are real matches of `q`, or names that look like it. */
export type FoundListings = Page<Listing> & { readonly match: "exact" | "similar" };

export type Search = {
  searchListings(search: ListingSearch): Promise<Result<FoundListings, CursorError>>;
};
