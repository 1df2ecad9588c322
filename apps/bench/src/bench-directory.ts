import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedPostgres, startPostgres } from "@switchboard/postgres";
import { createStore, migrate, type Store } from "@switchboard/store";
import { Client } from "pg";
import { readParent } from "./process-usage.ts";

/** A directory of a bench's own: an embedded Postgres with its usual settings, migrated and empty. */
export type BenchDirectory = {
  readonly store: Store;
  readonly databaseUrl: string;
  /** The process whose tree is all of this Postgres. */
  readonly postmasterPid: number;
  /** Stops Postgres and removes its folder. */
  close(): Promise<void>;
};

const POOL_SIZE = 4;

export async function openBenchDirectory(): Promise<BenchDirectory> {
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-bench-"));
  const removeFolder = () => rm(dataDir, { recursive: true, force: true });
  let postgres: EmbeddedPostgres;
  try {
    postgres = await startPostgres({ dataDir });
  } catch (error) {
    await removeFolder();
    throw error;
  }
  const { connectionString } = postgres;
  try {
    await migrate({ connectionString });
    const store = createStore({
      connectionString,
      poolSize: POOL_SIZE,
      applicationName: "switchboard-bench",
      onBadRow: ({ table, problem }) => {
        throw new Error(`a row of ${table} does not parse: ${problem}`);
      },
    });
    const postmasterPid = await findPostmasterPid(connectionString);
    return {
      store,
      databaseUrl: connectionString,
      postmasterPid,
      async close() {
        await store.close();
        await postgres.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await postgres.stop();
    await removeFolder();
    throw error;
  }
}

/** Every backend is a child of the postmaster. */
async function findPostmasterPid(connectionString: string): Promise<number> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    return await readParent(Number(rows[0]?.pid));
  } finally {
    await client.end();
  }
}
