import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import type { DataFolder } from "./data-folder.ts";

/** What a running (or dead) server wrote about itself. */
export type Postmaster = { readonly pid: number; readonly port: number };

/** Reads `postmaster.pid` (lines: pid, folder, start time, port, …); null where there is none or it is being written. */
export async function findPostmaster(folder: DataFolder): Promise<Postmaster | null> {
  const text = await readFile(join(folder.cluster, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(port) && port > 0 ? { pid, port } : null;
}

/**
 * Whether `pid` is a living Postgres. Existence alone does not tell: in a container pids are soon used again, and a
 * first process that reaps nobody leaves a killed server behind as a zombie.
 */
export function isPostmasterAlive(pid: number): boolean {
  if (process.platform === "linux") {
    try {
      // proc(5): "pid (comm) state …"
      const [, name, state] = /\((.*)\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return name === "postgres" && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

export const ROLE = "switchboard";
const DATABASE = "switchboard";

/** The connection string of our database on a port of this machine. */
export function toConnectionString(port: number, password: string): string {
  return `postgresql://${ROLE}:${password}@127.0.0.1:${port}/${DATABASE}`;
}

/** `starting` covers stopping, too: Postgres answers, and says to come back later (SQLSTATE 57P03). */
export type Knock = "ready" | "starting" | "silent";

/** Asks whether our server answers there with our password, which no other server can know. */
export async function knock(connectionString: string): Promise<Knock> {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: 2_000,
    application_name: "switchboard knock",
  });
  // A server that goes away while we leave is no news here.
  client.on("error", () => {});
  try {
    await client.connect();
    return "ready";
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "57P03" ? "starting" : "silent";
  } finally {
    await client.end().catch(() => {});
  }
}
