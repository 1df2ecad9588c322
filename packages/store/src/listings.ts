import type { Instant, Listing, ServerKey } from "@switchboard/domain";
import { coalesce } from "./coalesce.ts";
import type { Connection } from "./connection.ts";
import { findListingAt } from "./listing-at.ts";
import { LISTING_COLUMNS, LISTING_SOURCE, listingSchema } from "./listing-row.ts";

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

/** As many as an ordinary burst asks for; more would make a single name wait for a batch of a thousand. */
const NAMES_PER_QUERY = 100;
/** One is on the wire while the other is read; the pool's other connections are for everything else. */
const QUERIES_IN_FLIGHT = 2;

export function createListings(connection: Connection): Listings {
  const readListings = async (names: readonly ServerKey[]) => {
    const rows = await connection.query({
      name: "find-listings",
      text: `select ${LISTING_COLUMNS} from ${LISTING_SOURCE} where server_names.key = any($1)`,
      values: [names],
    });
    return new Map(
      connection.parseRows("servers", listingSchema, rows).map((listing) => [listing.serverName, listing]),
    );
  };
  const findListings = coalesce({ load: readListings, maxKeys: NAMES_PER_QUERY, maxInFlight: QUERIES_IN_FLIGHT });
  return {
    findListings,
    findListing: async (name) => (await findListings([name])).get(name) ?? null,
    findListingAt: (name, at) => findListingAt(connection, name, at),
  };
}
