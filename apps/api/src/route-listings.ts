import {
  type ContactRouteRequest,
  type Entity,
  type Instant,
  type Listing,
  listingKeysOf,
  parseUserId,
  type ServerKey,
  serverKeyOf,
} from "@switchboard/domain";
import type { Store } from "@switchboard/store";

/** What contact routes are found from. */
type RouteKnowledge = Required<Pick<ContactRouteRequest, "listings" | "optedOut">>;

/**
 * The listings of the entities' servers, those of the servers that their contacts live on, which tell whether a Matrix ID can
 * be expected to answer, and who opted out without ever having been listed. Three queries at most, however many entities.
 */
export async function findRouteKnowledge(
  store: Pick<Store, "findListings" | "listOptedOut">,
  entities: readonly Entity[],
): Promise<RouteKnowledge> {
  const keys = [...new Set(entities.flatMap(listingKeysOf))];
  const named = await store.findListings(keys);
  const homes = homesOfContacts(named).filter((key) => !named.has(key));
  const listings = homes.length === 0 ? named : new Map([...named, ...(await store.findListings(homes))]);
  return { listings, optedOut: await findUnlistedOptedOut(store, keys, listings) };
}

async function findUnlistedOptedOut(
  store: Pick<Store, "listOptedOut">,
  keys: readonly ServerKey[],
  listings: ReadonlyMap<ServerKey, Listing>,
): Promise<RouteKnowledge["optedOut"]> {
  const unlisted = keys.filter((key) => !listings.has(key));
  return unlisted.length === 0 ? new Set() : store.listOptedOut(unlisted);
}

/** The same as of a moment. */
export async function findRouteKnowledgeAt(
  store: Pick<Store, "findListingAt" | "listOptedOut">,
  entity: Entity,
  at: Instant,
): Promise<RouteKnowledge> {
  const listings = new Map<ServerKey, Listing>();
  const keys = listingKeysOf(entity);
  for (const key of keys) {
    const listing = await store.findListingAt(key, at);
    if (listing !== null) listings.set(key, listing);
  }
  return { listings, optedOut: await findUnlistedOptedOut(store, keys, listings) };
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
