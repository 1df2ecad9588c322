import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { attachPostgres } from "./attach-postgres.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { type EmbeddedPostgres, type StartPostgresOptions, startPostgres } from "./start-postgres.ts";

export type BorrowedPostgres = {
  readonly connectionString: string;
  /** The last one to leave stops a server that nobody owns. To be called when all other connections are closed. */
  release(): Promise<void>;
};

const PATIENCE_MS = 20_000;
const RETRY_MS = 100;
const PRESENCE = "switchboard presence";

/**
 * A server for the duration of one command: the one that runs on the data folder, else one started for it. Several
 * commands at once share it, and it lives until the last of them is done. Throws as `startPostgres` does.
 */
export async function borrowPostgres(options: StartPostgresOptions): Promise<BorrowedPostgres> {
  const begun = Date.now();
  for (;;) {
    try {
      return (await shareRunning(options)) ?? (await startOwn(options));
    } catch (error) {
      // Its owner is just starting it, or just stopping it.
      if (!isInUse(error) || Date.now() - begun > PATIENCE_MS) throw error;
      await sleep(RETRY_MS);
    }
  }
}

async function startOwn(options: StartPostgresOptions): Promise<BorrowedPostgres> {
  const server = await startPostgres(options);
  const presence = await showPresence(server.connectionString);
  return {
    connectionString: server.connectionString,
    release: async () => leaveOrStop(server, await presence?.end()),
  };
}

async function shareRunning(options: StartPostgresOptions): Promise<BorrowedPostgres | null> {
  const running = await attachPostgres(options);
  if (running === null) return null;
  const presence = await showPresence(running.connectionString);
  if (presence === null) return null;
  return {
    connectionString: running.connectionString,
    async release() {
      if ((await presence.end()) !== "last") return;
      try {
        await leaveOrStop(await startPostgres({ ...options, onLog: () => {} }), "last");
      } catch (error) {
        // It has an owner, who will stop it.
        if (!isInUse(error)) throw error;
      }
    },
  };
}

async function leaveOrStop(server: EmbeddedPostgres, end: End | undefined): Promise<void> {
  await (end === "others" ? server.leave() : server.stop());
}

/** Whether somebody else was connected when we went; `gone` where the server went before us. */
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
    application_name: PRESENCE,
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
        const { rows } = await client.query<{ others: boolean }>(
          `SELECT EXISTS (
             SELECT FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
           ) AS others`,
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
