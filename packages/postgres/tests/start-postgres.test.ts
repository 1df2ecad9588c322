import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  attachPostgres,
  borrowPostgres,
  discardPostgres,
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  startPostgres,
} from "../src/index.ts";

const OWNER = fileURLToPath(new URL("owner.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

let home: string;
let dataDir: string;
const owners: ChildProcess[] = [];

beforeAll(async () => {
  // 0700 and a path with spaces and shell signs: what mktemp -d, /root and people's folders look like.
  home = await mkdtemp(join(tmpdir(), "switchboard postgres $(x) '-"));
  dataDir = join(home, "data folder");
});

afterEach(async () => {
  for (const owner of owners.splice(0)) owner.kill("SIGKILL");
  if ((await attachPostgres({ dataDir })) !== null) await (await startWhenFree()).stop();
});

afterAll(() => rm(home, { recursive: true, force: true }));

/** The kernel drops a killed owner's lock a moment after the kill. */
async function startWhenFree(): Promise<EmbeddedPostgres> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await startPostgres({ dataDir });
    } catch (error) {
      if (attempt === 50 || !(error instanceof EmbeddedPostgresError) || error.problem !== "folder-in-use") throw error;
      await sleep(50);
    }
  }
}

type Owned = { connectionString?: string; adopted?: boolean; problem?: string; message?: string };

async function startOwner(prefix: readonly string[] = []): Promise<{ child: ChildProcess; said: Owned }> {
  const [file = process.execPath, ...args] = [...prefix, process.execPath, OWNER, dataDir];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  owners.push(child);
  if (child.stdout === null) throw new Error("no output");
  for await (const line of createInterface({ input: child.stdout })) return { child, said: JSON.parse(line) };
  throw new Error("the owner said nothing");
}

async function query<Row extends object>(connectionString: string | undefined, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function readPostmasterPid(): Promise<number> {
  const text = await readFile(join(dataDir, "postgres", "cluster", "postmaster.pid"), "utf8");
  return Number(text.split("\n")[0]);
}

describe("startPostgres", () => {
  test("makes a server with an unprivileged role, trigrams and a random password", async () => {
    const server = await startPostgres({ dataDir });
    try {
      expect(server.adopted).toBe(false);
      const [role] = await query(
        server.connectionString,
        "SELECT rolsuper, rolcreatedb, current_database() AS database FROM pg_roles WHERE rolname = current_user",
      );
      expect(role).toEqual({ rolsuper: false, rolcreatedb: true, database: "switchboard" });
      await query(server.connectionString, "CREATE EXTENSION pg_trgm");
      const [near] = await query<{ score: number }>(
        server.connectionString,
        "SELECT similarity('matrix', 'matriks') AS score",
      );
      expect(near?.score).toBeGreaterThan(0.4);
      const settings = await query(
        server.connectionString,
        "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'data_checksums') ORDER BY name",
      );
      expect(settings).toEqual([
        { name: "data_checksums", setting: "on" },
        { name: "fsync", setting: "on" },
        { name: "listen_addresses", setting: "127.0.0.1" },
      ]);
      await expect(query(server.connectionString.replace(/:[^:@]+@/, ":wrong@"), "SELECT 1")).rejects.toThrow(
        /password/,
      );
      await expect(query(server.connectionString.replace("//switchboard:", "//postgres:"), "SELECT 1")).rejects.toThrow(
        /pg_hba/,
      );
      expect((await stat(join(dataDir, "postgres", "password"))).mode & 0o777).toBe(0o600);
      expect((await stat(join(dataDir, "postgres", "cluster"))).mode & 0o777).toBe(0o700);
    } finally {
      await server.stop();
    }
    expect(await attachPostgres({ dataDir })).toBeNull();
  });

  test("keeps what was written over a stop and a start", async () => {
    const first = await startPostgres({ dataDir });
    await query(first.connectionString, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n");
    await first.stop();
    const second = await startPostgres({ dataDir });
    expect(second.adopted).toBe(false);
    expect(await query(second.connectionString, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    await second.stop();
  });

  test("refuses a folder in use, naming the folder and the process that has it", async () => {
    const { child, said } = await startOwner();
    const refusal = await startPostgres({ dataDir }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ problem: "folder-in-use" });
    expect(String(refusal)).toContain(join(dataDir, "postgres"));
    expect(String(refusal)).toContain(`process ${child.pid} `);
    expect(await query(said.connectionString, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  });

  test("refuses a second start of the same process, too", async () => {
    const server = await startPostgres({ dataDir });
    await expect(startPostgres({ dataDir })).rejects.toMatchObject({ problem: "folder-in-use" });
    await server.stop();
  });

  test("adopts the server of an owner that was killed", async () => {
    const { child, said } = await startOwner();
    await query(said.connectionString, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n");
    child.kill("SIGKILL");
    const server = await startWhenFree();
    expect(server).toMatchObject({ adopted: true, connectionString: said.connectionString });
    expect(await query(server.connectionString, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    await server.stop();
  });

  test("starts at once after owner and server were killed together", async () => {
    const { child, said } = await startOwner();
    await query(said.connectionString, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n");
    child.kill("SIGKILL");
    process.kill(await readPostmasterPid(), "SIGKILL");
    const server = await startWhenFree();
    expect(server.adopted).toBe(false);
    expect(await query(server.connectionString, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    await server.stop();
  });

  test("revives a killed server on the same port", async () => {
    const server = await startPostgres({ dataDir });
    await query(server.connectionString, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS n");
    expect(await server.revive()).toBe(false);
    process.kill(await readPostmasterPid(), "SIGKILL");
    await expect.poll(() => server.revive(), { timeout: 10_000 }).toBe(true);
    expect(await query(server.connectionString, "SELECT n FROM kept")).toEqual([{ n: 7 }]);
    await server.stop();
  });

  test("is not reached by Ctrl-C in its owner's terminal", async () => {
    const { child, said } = await startOwner();
    if (child.pid === undefined) throw new Error("not started");
    process.kill(-child.pid, "SIGINT");
    await sleep(300);
    expect(await query(said.connectionString, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
  });

  test("survives a start that was cut off while it made the cluster", async () => {
    await rm(dataDir, { recursive: true });
    await mkdir(join(dataDir, "postgres", "cluster.new-dead"), { recursive: true });
    const server = await startPostgres({ dataDir });
    expect(await query(server.connectionString, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    await server.stop();
    await expect(stat(join(dataDir, "postgres", "cluster.new-dead"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("starts although another process has the pid of the server that was killed", async () => {
    const server = await startPostgres({ dataDir });
    await server.stop();
    const path = join(dataDir, "postgres", "cluster", "postmaster.pid");
    await writeFile(path, `${process.pid}\n/gone\n1\n1\n\n127.0.0.1\n        1         1\nready   \n`);
    const { uid, gid } = await stat(join(dataDir, "postgres", "cluster"));
    await chown(path, uid, gid);
    const again = await startPostgres({ dataDir });
    expect(again.adopted).toBe(false);
    await again.stop();
  });

  test("says what to do about a folder that holds something else", async () => {
    const cluster = join(home, "diaries", "postgres", "cluster");
    await mkdir(cluster, { recursive: true });
    await writeFile(join(cluster, "diary.txt"), "dear diary");
    await expect(startPostgres({ dataDir: join(home, "diaries") })).rejects.toMatchObject({
      problem: "folder-damaged",
    });
  });
});

describe.runIf(isRoot)("startPostgres and accounts", () => {
  const asNobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];

  test("runs as an ordinary user, and as root with the cluster that user made", async () => {
    await chmod(home, 0o755);
    await rm(dataDir, { recursive: true });
    await mkdir(dataDir);
    await chown(dataDir, NOBODY, NOBODY);
    const { child, said } = await startOwner(asNobody);
    expect(said).toMatchObject({ adopted: false });
    child.stdin?.end();
    await once(child, "exit");
    expect((await stat(join(dataDir, "postgres", "cluster"))).uid).toBe(NOBODY);
    const server = await startPostgres({ dataDir });
    await server.stop();
  });

  test("tells an ordinary user that the folder is another's", async () => {
    await rm(dataDir, { recursive: true });
    await (await startPostgres({ dataDir })).stop();
    await chmod(home, 0o755);
    const { said } = await startOwner(asNobody);
    expect(said).toMatchObject({ problem: "not-permitted" });
  });
});

describe("discardPostgres", () => {
  test("stops what was left running and deletes it, but not what has an owner", async () => {
    const server = await startPostgres({ dataDir });
    await expect(discardPostgres({ dataDir })).rejects.toMatchObject({ problem: "folder-in-use" });
    await server.leave();
    await discardPostgres({ dataDir });
    expect(await attachPostgres({ dataDir })).toBeNull();
    await expect(stat(join(dataDir, "postgres"))).rejects.toMatchObject({ code: "ENOENT" });
    await discardPostgres({ dataDir });
  });
});

describe("borrowPostgres", () => {
  test("is shared by commands at once and stopped by the last", async () => {
    const [first, second] = await Promise.all([borrowPostgres({ dataDir }), borrowPostgres({ dataDir })]);
    expect(second.connectionString).toBe(first.connectionString);
    await first.release();
    expect(await query(second.connectionString, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    await second.release();
    expect(await attachPostgres({ dataDir })).toBeNull();
  });

  test("is stopped by the last also where all leave at once", async () => {
    const borrowed = await Promise.all([1, 2, 3, 4].map(() => borrowPostgres({ dataDir })));
    await Promise.all(borrowed.map((one) => one.release()));
    expect(await attachPostgres({ dataDir })).toBeNull();
  });

  test("leaves the server to its owner", async () => {
    const server = await startPostgres({ dataDir });
    const borrowed = await borrowPostgres({ dataDir });
    await borrowed.release();
    expect(await query(server.connectionString, "SELECT 1 AS n")).toEqual([{ n: 1 }]);
    await server.stop();
  });
});
