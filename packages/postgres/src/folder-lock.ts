import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { DataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";

export type FolderLock = { release(): void };

const SQLITE_BUSY = 5;

/**
 * Takes the data folder for this process, or throws `folder-in-use` naming the folder and the process that has it.
 *
 * Node has no call for a file lock, but its SQLite has one, and the kernel drops that when the process dies, however
 * it dies. So "locked" means "in use" and "server running, not locked" means "orphan": a pid in a file cannot tell
 * these apart for certain, because pids are used again, above all in containers.
 */
export function acquireFolderLock(folder: DataFolder): FolderLock {
  const database = lockFile(folder);
  writeFileSync(folder.owner, `${JSON.stringify({ pid: process.pid, since: new Date().toISOString() })}\n`);
  return {
    release() {
      rmSync(folder.owner, { force: true });
      database.close();
    },
  };
}

function lockFile(folder: DataFolder): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(folder.lock, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) {
      throw new EmbeddedPostgresError(
        "folder-in-use",
        `the data folder ${folder.root} is in use by ${describeOwner(folder)}: stop that first, or set SWITCHBOARD_DATA_DIR to another folder`,
      );
    }
    throw new EmbeddedPostgresError(
      "not-permitted",
      `cannot lock ${folder.lock}: run as the user the data folder belongs to, or set SWITCHBOARD_DATA_DIR to a folder of your own`,
      { cause: error },
    );
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
}

function describeOwner(folder: DataFolder): string {
  try {
    const owner: unknown = JSON.parse(readFileSync(folder.owner, "utf8"));
    if (typeof owner === "object" && owner !== null && "pid" in owner && "since" in owner) {
      return `process ${String(owner.pid)} (since ${String(owner.since)})`;
    }
  } catch {
    // The owner is between taking the lock and saying who it is.
  }
  return "another process";
}
