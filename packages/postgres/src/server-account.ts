import { execFile } from "node:child_process";
import { stat } from "node:fs/promises";
import { promisify } from "node:util";
import type { DataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

/** The system account the server runs under; null is the one we run under ourselves. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | null;

/** In order of preference: Postgres refuses to run as root, and as an account the system does not know. */
const UNPRIVILEGED_NAMES = ["postgres", "nobody"];

const execute = promisify(execFile);

/**
 * Chooses who runs the server. Ours unless we are root; as root the owner of the existing cluster (so that a later
 * installed account changes nothing), else an unprivileged account that exists. Throws `not-permitted` where the
 * cluster belongs to somebody we cannot act for.
 */
export async function chooseServerAccount(folder: DataFolder): Promise<ServerAccount> {
  const owner = await stat(folder.cluster).catch(() => null);
  if (process.getuid === undefined) return null;
  const uid = process.getuid();
  if (uid !== 0) {
    if (owner !== null && owner.uid !== uid) {
      throw new EmbeddedPostgresError(
        "not-permitted",
        `${folder.cluster} belongs to user ${owner.uid} and this is user ${uid}: run as that user or as root, or set SWITCHBOARD_DATA_DIR to a folder of your own`,
      );
    }
    return null;
  }
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of UNPRIVILEGED_NAMES) {
    const account = await findAccount(name);
    if (account !== null && account.uid !== 0) return account;
  }
  throw new EmbeddedPostgresError(
    "not-permitted",
    `Postgres refuses to run as root, and this system has no account named ${UNPRIVILEGED_NAMES.join(" or ")}: create one, run as another user, or set DATABASE_URL`,
  );
}

async function findAccount(name: string): Promise<ServerAccount> {
  try {
    const [uid, gid] = await Promise.all(
      ["-u", "-g"].map(async (flag) => Number((await execute("id", [flag, name])).stdout.trim())),
    );
    return Number.isInteger(uid) && Number.isInteger(gid) && uid !== undefined && gid !== undefined
      ? { uid, gid }
      : null;
  } catch {
    return null;
  }
}
