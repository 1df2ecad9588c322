import { setTimeout as sleep } from "node:timers/promises";
import { locateDataFolder } from "./data-folder.ts";
import { findPostmaster, isPostmasterAlive, knock, toConnectionString } from "./postmaster.ts";
import { readPassword } from "./start-postgres.ts";

const PATIENCE_MS = 10_000;
const RETRY_MS = 100;

/**
 * The connection string of the server that runs on a data folder, or null where none does. A server that is starting
 * or stopping is waited for (10 s at most). Takes no ownership. Throws EmbeddedPostgresError `not-permitted` where the
 * folder belongs to somebody else.
 */
export async function attachPostgres(options: {
  readonly dataDir: string;
}): Promise<{ readonly connectionString: string } | null> {
  const folder = locateDataFolder(options.dataDir);
  const begun = Date.now();
  while (Date.now() - begun < PATIENCE_MS) {
    const running = await findPostmaster(folder);
    if (running === null || !isPostmasterAlive(running.pid)) return null;
    const connectionString = toConnectionString(running.port, await readPassword(folder));
    const answer = await knock(connectionString);
    if (answer === "ready") return { connectionString };
    if (answer === "silent" && Date.now() - begun > PATIENCE_MS / 2) return null;
    await sleep(RETRY_MS);
  }
  return null;
}
