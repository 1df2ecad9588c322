import { type Listing, parseServerName, type ServerKey, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { ExpectedOutcome, SimulatedServer } from "@switchboard/simulator";
import { createStore, migrate, type Store, type StoredChange } from "@switchboard/store";
import { createTestDatabase } from "@switchboard/testkit";

/** A migrated, empty directory of a test's own; where a database is given, in that. */
export async function openDirectory(
  databaseUrl: string | null = null,
): Promise<{ store: Store; databaseUrl: string; close(): Promise<void> }> {
  const prepare = (connectionString: string) => migrate({ connectionString });
  const database =
    databaseUrl === null
      ? await createTestDatabase({ prepare })
      : { connectionString: databaseUrl, drop: async () => undefined };
  if (databaseUrl !== null) await prepare(databaseUrl);
  const store = createStore({
    connectionString: database.connectionString,
    poolSize: 4,
    applicationName: "switchboard-test",
    onBadRow: (row) => {
      throw new Error(`bad row ${row.table} ${row.id}: ${row.problem}`);
    },
  });
  return {
    store,
    databaseUrl: database.connectionString,
    async close() {
      await store.close();
      await database.drop();
    },
  };
}

export function serverName(text: string): ServerName {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const LISTINGS_AT_ONCE = 500;

/** The listings of these servers; throws where one is not in the directory. */
export async function listingsOf(store: Store, servers: readonly SimulatedServer[]): Promise<Listing[]> {
  const keys = servers.map((server) => serverKeyOf(serverName(server.serverName)));
  const found = new Map<ServerKey, Listing>();
  for (let from = 0; from < keys.length; from += LISTINGS_AT_ONCE) {
    for (const [key, listing] of await store.findListings(keys.slice(from, from + LISTINGS_AT_ONCE))) {
      found.set(key, listing);
    }
  }
  return keys.map((key) => {
    const listing = found.get(key);
    if (listing === undefined) throw new Error(`no listing of ${key}`);
    return listing;
  });
}

/** What the directory says of a server, in the words the simulator states its truth in; null before the first probe. */
function recordedOutcome({ condition, conditionReason, published }: Listing): object | null {
  switch (condition) {
    case "unprobed":
      return null;
    case "document":
      return { kind: condition, verdict: published?.verdict };
    case "absent":
      return { kind: condition };
    default:
      return { kind: condition, reason: conditionReason };
  }
}

export type Named<T> = Readonly<Record<string, T>>;

/** The truth of every server by name, to be compared with `recordedOutcomes` as a whole. */
export function trueOutcomes(servers: readonly SimulatedServer[]): Named<ExpectedOutcome | null> {
  return Object.fromEntries(servers.map(({ serverName: name, truth }) => [name, truth]));
}

export async function recordedOutcomes(
  store: Store,
  servers: readonly SimulatedServer[],
): Promise<Named<object | null>> {
  const listings = await listingsOf(store, servers);
  return Object.fromEntries(listings.map((listing) => [listing.serverName, recordedOutcome(listing)]));
}

/** The whole change feed, the oldest first, read in pages. */
export async function allChanges(store: Store, limit = 500): Promise<StoredChange[]> {
  const changes: StoredChange[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.listChanges({ order: "oldest", limit, ...(cursor === null ? {} : { cursor }) });
    if (!page.ok) throw new Error(page.error.message);
    changes.push(...page.value.items);
    cursor = page.value.nextCursor;
  } while (cursor !== null);
  return changes;
}
