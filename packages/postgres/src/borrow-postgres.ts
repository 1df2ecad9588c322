import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { attachPostgres } from "./attach-postgres.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { type StartPostgresOptions, startPostgres } from "./start-postgres.ts";

export type BorrowedPostgres = {
  readonly connectionString: string;
  /** Cuts off what connections are left if this is the last borrower: then the server stops, unless somebody owns it. */
  release(): Promise<void>;
};

const PATIENCE_MS = 20_000;
const RETRY_MS = 100;
/** Names of a borrower's own connection, while it needs the server and when it has taken its leave. */
const PRESENT = "switchboard borrower";
const LEAVING = "switchboard borrower, leaving";
/** Any fixed number: borrowers take their leave one at a time, so that of two at once one finds itself the last. */
const LEAVE_LOCK = 7_305_190_002;

/**
 * A server for the duration of one command: the one that runs on the data folder, else one started for it. Several
 * commands at once share it, and it lives until the last of them is done. Nobody owns it meanwhile: a `startPostgres`
 * on the folder adopts it. Throws as `startPostgres` does.
 */
export async function borrowPostgres(options: StartPostgresOptions): Promise<BorrowedPostgres> {
  const begun = Date.now();
  for (;;) {
    try {
      const connectionString = await findOrStart(options);
      const presence = await showPresence(connectionString);
      if (presence !== null) {
        return {
          connectionString,
          async release() {
            if ((await presence.end()) === "last") await stopUnowned(options);
          },
        };
      }
    } catch (error) {
      // Its owner is just starting it, or just stopping it.
      if (!isInUse(error) || Date.now() - begun > PATIENCE_MS) throw error;
    }
    await sleep(RETRY_MS);
  }
}

async function findOrStart(options: StartPostgresOptions): Promise<string> {
  const running = await attachPostgres(options);
  if (running !== null) return running.connectionString;
  const server = await startPostgres(options);
  await server.leave();
  return server.connectionString;
}

async function stopUnowned(options: StartPostgresOptions): Promise<void> {
  try {
    const server = await startPostgres({ ...options, onLog: () => {} });
    await server.stop();
  } catch (error) {
    // It has an owner, who will stop it.
    if (!isInUse(error)) throw error;
  }
}

/** Whether somebody else still borrowed the server when we went; `gone` where the server went before us. */
type End = "others" | "last" | "gone";

/**
 * One connection that says "somebody needs this server", kept while the pool's connections come and go. Null where the
 * server went away in the meantime.
 */
async function showPresence(connectionString: string): Promise<{ end(): Promise<End> } | null> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
    application_name: PRESENT,
  });
  // The pool reports a lost server; this connection has nobody to tell.
  client.on("error", () => {});
  try {
    await client.connect();
  } catch {
    await client.end().catch(() => {});
    return null;
  }
  return {
    async end() {
      try {
        await client.query("SELECT pg_advisory_lock($1), set_config('application_name', $2, false)", [
          LEAVE_LOCK,
          LEAVING,
        ]);
        const { rows } = await client.query<{ others: boolean }>(
          "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1) AS others",
          [PRESENT],
        );
        return rows[0]?.others === true ? "others" : "last";
      } catch {
        return "gone";
      } finally {
        await client.end().catch(() => {});
      }
    },
  };
}

function isInUse(error: unknown): boolean {
  return error instanceof EmbeddedPostgresError && error.problem === "folder-in-use";
}
