import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discardPostgres } from "@switchboard/postgres";
import { TEST_POSTGRES_VARIABLE } from "./test-server.ts";

const PREFIX = "switchboard-test-";

/**
 * Vitest's global set-up: names the folder of the run's test server, which the first test that needs one starts, and
 * stops it at the end. Also stops what an earlier run left behind because it was killed.
 */
export async function setup(): Promise<() => Promise<void>> {
  await stopAbandoned();
  const dataDir = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  process.env[TEST_POSTGRES_VARIABLE] = dataDir;
  return () => stopTestServer(dataDir);
}

async function stopTestServer(dataDir: string): Promise<void> {
  await discardPostgres({ dataDir });
  await rm(dataDir, { recursive: true, force: true });
}

async function stopAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
    if (!Number.isInteger(pid) || isAlive(pid)) continue;
    // Best effort: it may be another user's, or just being stopped by another run.
    await stopTestServer(join(tmpdir(), name)).catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
