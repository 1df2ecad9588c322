import type { Listing } from "@switchboard/domain";

export type Export = {
  /** The whole directory by name, read page by page: memory stays flat, and a name added meanwhile may or may not be in it. */
  streamListings(): AsyncGenerator<Listing, void, undefined>;
};
