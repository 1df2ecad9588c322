import type { Instant, Listing, ServerKey } from "@switchboard/domain";

export type Listings = {
  findListing(name: ServerKey): Promise<Listing | null>;
  /** Many at once, in one query; names that are not in the directory are left out of the map. */
  findListings(names: readonly ServerKey[]): Promise<ReadonlyMap<ServerKey, Listing>>;
  /**
   * The listing as of a moment, out of spans, changes and revisions. The clocks inside a span are estimates to within one
   * revisit interval, since history keeps no row per probe. Null where the name was not known then.
   */
  findListingAt(name: ServerKey, at: Instant): Promise<Listing | null>;
};
