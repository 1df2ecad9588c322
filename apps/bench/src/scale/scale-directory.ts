import { type ServerKey, toInstant } from "@switchboard/domain";
import { toServerKey } from "@switchboard/testkit";
import { Client } from "pg";
import { type BenchDirectory, openBenchDirectory } from "../bench-directory.ts";
import { cloneServers } from "./clone-servers.ts";
import { recordTemplates, templateServers } from "./template-servers.ts";

/** A directory of many servers, and what the bench does behind the store's back. */
export type ScaleDirectory = Pick<BenchDirectory, "store"> & {
  /** Names of some of its servers, chosen at random. */
  readonly names: readonly ServerKey[];
  /** Makes so many servers, chosen at random, long due, as if time had passed. */
  makeLongDue(count: number, days: number): Promise<void>;
  readBytes(): Promise<number>;
  close(): Promise<void>;
};

const NAMES = 5_000;

/** Fills an embedded Postgres of the product's own settings, and looks at a sample through the store. */
export async function openScaleDirectory(options: {
  readonly servers: number;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<ScaleDirectory> {
  const { servers, onProgress, signal } = options;
  const { store, databaseUrl, close } = await openBenchDirectory();
  const client = new Client({ connectionString: databaseUrl });
  const closeAll = async () => {
    await client.end();
    await close();
  };
  try {
    await client.connect();
    const templates = templateServers();
    onProgress("recording the histories of the servers that the others are copies of");
    await recordTemplates(store, templates, toInstant(Date.now()));
    await cloneServers({ client, templates, servers, onProgress, signal });
    const { rows } = await client.query<{ key: string }>("select key from server_names order by random() limit $1", [
      NAMES,
    ]);
    const names = rows.map(({ key }) => toServerKey(key));
    await checkSample(store, names.slice(0, 500), servers);
    return {
      store,
      names,
      async makeLongDue(count, days) {
        await client.query(
          `update schedule set due_at = now() - $2 * interval '1 day' + random() * interval '1 day'
          where server_id in (select server_id from schedule order by random() limit $1)`,
          [count, days],
        );
        await client.query("vacuum analyze schedule");
      },
      async readBytes() {
        const { rows: sizes } = await client.query<{ bytes: number }>(
          "select pg_database_size(current_database())::float8 as bytes",
        );
        return sizes[0]?.bytes ?? 0;
      },
      close: closeAll,
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Throws where a server does not read as one that the store wrote: a name that is not its own, or a history that does not tell its state. */
async function checkSample(
  store: BenchDirectory["store"],
  names: readonly ServerKey[],
  servers: number,
): Promise<void> {
  const { hostnames } = await store.readStats();
  if (hostnames !== servers) throw new Error(`${hostnames} hostnames are counted, not ${servers}`);
  const listings = await store.findListings(names);
  for (const name of names) {
    const listing = listings.get(name);
    if (listing === undefined) throw new Error(`${name} does not read`);
    const spans = await store.listSpans(name, { limit: 10 });
    const present = spans.ok ? spans.value.items[0] : undefined;
    const told = present?.kind ?? "unprobed";
    if (told !== listing.condition) throw new Error(`${name} is ${listing.condition}, its history says ${told}`);
    const address = listing.published?.document.contacts[0]?.matrix_id;
    if (address !== undefined && address !== `@admin:${listing.hostname}`)
      throw new Error(`${name} publishes ${address}`);
  }
}
