import { borrowPostgres } from "@switchboard/postgres";
import { createStore, migrate, type Store } from "@switchboard/store";
import type { CommandContext } from "./command-context.ts";

const POOL_SIZE = 8;

/**
 * Runs `use` with a database: the one DATABASE_URL names, else the embedded server that runs on the data folder, else
 * one started for the time being.
 */
export async function withDatabase<T>(
  { environment }: CommandContext,
  use: (connectionString: string) => Promise<T>,
): Promise<T> {
  if (environment.databaseUrl !== null) return use(environment.databaseUrl);
  const postgres = await borrowPostgres({ dataDir: environment.dataDir });
  try {
    return await use(postgres.connectionString);
  } finally {
    await postgres.release();
  }
}

/** Runs `use` with the directory, brought up to date first, and closes it after. */
export async function withDirectory<T>(context: CommandContext, use: (store: Store) => Promise<T>): Promise<T> {
  return withDatabase(context, async (connectionString) => {
    const { applied } = await migrate({ connectionString });
    if (applied.length > 0) context.say(`the database was brought up to date: ${applied.join(", ")}`);
    const store = createStore({
      connectionString,
      poolSize: POOL_SIZE,
      applicationName: "switchboard-cli",
      onBadRow: ({ table, id, problem }) => context.say(`a row was set aside: ${table} ${id}: ${problem}`),
    });
    try {
      return await use(store);
    } finally {
      await store.close();
    }
  });
}
