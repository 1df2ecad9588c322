import { createHash, randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { attachPostgres, EmbeddedPostgresError, startPostgres } from "@switchboard/postgres";
import { Client } from "pg";

/**
 * Where the run's one server lives; set by `global-setup.ts`, inherited by vitest's workers. No SWITCHBOARD_ name: the
 * programs under test inherit it, too, and refuse such names when they do not know them.
 */
export const TEST_POSTGRES_VARIABLE = "TESTKIT_POSTGRES_DIR";

const MAX_CONNECTIONS = 200;
const START_PATIENCE_MS = 60_000;

/**
 * The connection string of the run's test server, started by whichever worker needs it first (a run of pure tests
 * starts none). It survives that worker and is stopped by the global set-up when the run ends.
 */
async function findTestServer(): Promise<string> {
  const dataDir = process.env[TEST_POSTGRES_VARIABLE];
  if (dataDir === undefined) {
    throw new Error("no test server: run vitest from the repository's root, whose config names the global set-up");
  }
  const begun = Date.now();
  for (;;) {
    const running = await attachPostgres({ dataDir });
    if (running !== null) return running.connectionString;
    try {
      const server = await startPostgres({ dataDir, durability: "none", maxConnections: MAX_CONNECTIONS });
      await server.leave();
      return server.connectionString;
    } catch (error) {
      const startedElsewhere = error instanceof EmbeddedPostgresError && error.problem === "folder-in-use";
      if (!startedElsewhere || Date.now() - begun > START_PATIENCE_MS) throw error;
      await sleep(50);
    }
  }
}

export type TestDatabaseOptions = {
  /** Makes the template: given the connection string of an empty database. Its connections are cut afterwards. */
  readonly prepare: (connectionString: string) => Promise<unknown>;
  /** Names the template where the text of `prepare` does not tell it from others (it closes over something). */
  readonly template?: string;
};

export type TestDatabase = { readonly connectionString: string; drop(): Promise<void> };

/**
 * A database of one test file's own, cloned from a template that is prepared once in a run. Databases that are not
 * dropped go with the server.
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const server = await findTestServer();
  const template = `template_${createHash("sha256")
    .update(options.template ?? options.prepare.toString())
    .digest("hex")
    .slice(0, 16)}`;
  const name = `test_${process.pid}_${randomBytes(4).toString("hex")}`;
  await withClient(server, async (client) => {
    // One worker prepares while the others wait; the lock goes with the session.
    await client.query("SELECT pg_advisory_lock(hashtext($1))", [template]);
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [template]);
    if (rowCount === 0) await makeTemplate({ client, server, template, prepare: options.prepare });
    await client.query("SELECT pg_advisory_unlock(hashtext($1))", [template]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  return {
    connectionString: withDatabase(server, name),
    drop: () => withClient(server, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

async function makeTemplate(options: {
  readonly client: Client;
  readonly server: string;
  readonly template: string;
  readonly prepare: TestDatabaseOptions["prepare"];
}): Promise<void> {
  const { client, server, template, prepare } = options;
  // Prepared under another name: a preparation that fails or dies leaves no half-made template behind.
  const draft = `draft_${randomBytes(4).toString("hex")}`;
  await client.query(`CREATE DATABASE ${draft}`);
  await prepare(withDatabase(server, draft));
  await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [draft]);
  await client.query(`ALTER DATABASE ${draft} WITH ALLOW_CONNECTIONS false`);
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${template}`);
}

/** Fails where somebody is still connected to a test database 2 s after a test says it closed everything. */
export async function expectNoConnections(connectionString: string): Promise<void> {
  const name = new URL(connectionString).pathname.slice(1);
  const begun = Date.now();
  await withClient(await findTestServer(), async (client) => {
    for (;;) {
      const { rows } = await client.query<{ application_name: string; query: string }>(
        "SELECT application_name, query FROM pg_stat_activity WHERE datname = $1",
        [name],
      );
      if (rows.length === 0) return;
      if (Date.now() - begun > 2_000) {
        const left = rows.map((row) => `${row.application_name || "(unnamed)"}: ${row.query}`).join("\n");
        throw new Error(`${rows.length} connections were left open:\n${left}`);
      }
      await sleep(50);
    }
  });
}

function withDatabase(connectionString: string, name: string): string {
  const url = new URL(connectionString);
  url.pathname = `/${name}`;
  return url.href;
}

async function withClient(connectionString: string, use: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString, application_name: "switchboard testkit" });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
