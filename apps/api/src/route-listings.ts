import {
  type Entity,
  type Instant,
  type Listing,
  listingKeysOf,
  parseUserId,
  type ServerKey,
  serverKeyOf,
} from "@switchboard/domain";
import type { Store } from "@switchboard/store";

/**
 * The listings that contact routes are found from: those of the entities' servers, and those of the servers that their
 * contacts live on, which tell whether a Matrix ID can be expected to answer. Two queries, however many entities.
 */
export async function findRouteListings(
  store: Pick<Store, "findListings">,
  entities: readonly Entity[],
): Promise<ReadonlyMap<ServerKey, Listing>> {
  const named = await store.findListings([...new Set(entities.flatMap(listingKeysOf))]);
  const homes = homesOfContacts(named).filter((key) => !named.has(key));
  return homes.length === 0 ? named : new Map([...named, ...(await store.findListings(homes))]);
}

/** The same as of a moment. */
export async function findRouteListingsAt(
  store: Pick<Store, "findListingAt">,
  entity: Entity,
  at: Instant,
): Promise<ReadonlyMap<ServerKey, Listing>> {
  const listings = new Map<ServerKey, Listing>();
  for (const key of listingKeysOf(entity)) {
    const listing = await store.findListingAt(key, at);
    if (listing !== null) listings.set(key, listing);
  }
  return listings;
}

function homesOfContacts(listings: ReadonlyMap<ServerKey, Listing>): ServerKey[] {
  const homes = new Set<ServerKey>();
  for (const { published } of listings.values()) {
    for (const { matrix_id } of published?.document.contacts ?? []) {
      const parsed = matrix_id === null ? null : parseUserId(matrix_id);
      if (parsed?.ok === true) homes.add(serverKeyOf(parsed.value.serverName));
    }
  }
  return [...homes];
}
