import { randomBytes } from "node:crypto";
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import type { Binaries } from "./platform-binaries.ts";
import { ROLE } from "./postmaster.ts";
import { runTool } from "./run-tool.ts";
import type { ServerAccount } from "./server-account.ts";

/** A cluster on disk together with what is needed to run its server. */
export type Cluster = {
  readonly folder: DataFolder;
  readonly account: ServerAccount;
  readonly binaries: Binaries;
};

const MAJOR_VERSION = "18";
const START_TIMEOUT_S = 60;
const STOP_TIMEOUT_S = 60;
const MAX_LOG_BYTES = 4 * 1024 * 1024;

/**
 * How the programs are told their cluster: always as their working directory. As another account on Linux through
 * /proc, which asks for no permission on the folders above (a data folder below /root or mktemp -d), and never by
 * its path, which pg_ctl would pass through a shell unquoted.
 */
function clusterArgument(account: ServerAccount): string {
  return account !== null && process.platform === "linux" ? "/proc/self/cwd" : ".";
}

/** Whether there is a cluster already. Throws `folder-damaged` where there is one that these programs cannot run. */
export async function hasCluster(folder: DataFolder): Promise<boolean> {
  const version = await readFile(join(folder.cluster, "PG_VERSION"), "utf8").catch(() => null);
  if (version === null) {
    if ((await readdir(folder.cluster).catch(() => [])).length === 0) return false;
    throw new EmbeddedPostgresError(
      "folder-damaged",
      `${folder.cluster} is not empty and is no Postgres cluster: move it away and start again`,
    );
  }
  if (version.trim() === MAJOR_VERSION) return true;
  throw new EmbeddedPostgresError(
    "folder-damaged",
    `${folder.cluster} was written by Postgres ${version.trim()} and this is ${MAJOR_VERSION}: move the folder away and start again, or set DATABASE_URL to a server of that version`,
  );
}

/**
 * Makes the cluster, its role and its database, or nothing: it appears under its name only when it is complete. The
 * role may make databases but is no superuser, and nobody can log in as one.
 */
export async function createCluster(cluster: Cluster): Promise<void> {
  const { folder, account, binaries } = cluster;
  for (const name of await readdir(folder.root)) {
    if (name.startsWith("cluster.new-"))
      await rm(join(folder.root, name), { recursive: true, force: true }).catch(() => {});
  }
  const unfinished = join(folder.root, `cluster.new-${randomBytes(4).toString("hex")}`);
  await mkdir(unfinished, { mode: 0o700 });
  if (account !== null) await chown(unfinished, account.uid, account.gid);

  const password = randomBytes(24).toString("base64url");
  await writeFile(folder.password, `${password}\n`, { mode: 0o600 });
  await chmod(folder.password, 0o600);

  const pgdata = clusterArgument(account);
  await run(cluster, {
    file: binaries.initdb,
    cwd: unfinished,
    args: [
      `--pgdata=${pgdata}`,
      "--username=postgres",
      "--auth-local=reject",
      "--auth-host=reject",
      "--encoding=UTF8",
      // Postgres' own collation: the same order on every system, whatever locales it has.
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--locale=C",
      "--no-instructions",
      "--no-sync",
    ],
  });
  await writeFile(join(unfinished, "pg_hba.conf"), `host all ${ROLE} 127.0.0.1/32 scram-sha-256\n`);
  const bootstrap = await run(cluster, {
    file: binaries.postgres,
    cwd: unfinished,
    args: ["--single", "-D", pgdata, "postgres"],
    input: `CREATE ROLE ${ROLE} LOGIN CREATEDB PASSWORD '${password}'\nCREATE DATABASE ${ROLE} OWNER ${ROLE}\n`,
  });
  // A stand-alone server goes on after a failed statement and ends with 0.
  if (bootstrap.includes("ERROR:")) throw startFailure(folder, bootstrap.replaceAll(password, "…"));
  await rename(unfinished, folder.cluster);
}

async function run(
  cluster: Cluster,
  tool: { readonly file: string; readonly args: readonly string[]; readonly cwd: string; readonly input?: string },
): Promise<string> {
  const end = await runTool({ ...tool, account: cluster.account }).catch((error: unknown) => {
    throw new EmbeddedPostgresError(
      "platform-without-binaries",
      `cannot run ${tool.file}: set DATABASE_URL to a server of your own, or install the package anew (the binaries need glibc on Linux)`,
      { cause: error },
    );
  });
  if (end.exitCode !== 0) throw startFailure(cluster.folder, end.output);
  return end.output;
}

function startFailure(folder: DataFolder, output: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError("start-failed", `Postgres did not start in ${folder.root}: ${output}`);
}

/** Starts the server and waits until it accepts connections. Throws `start-failed` with the server's last words. */
export async function startServer(cluster: Cluster, options: string): Promise<void> {
  const { folder, account, binaries } = cluster;
  const logStart = await turnLog(folder);
  const end = await runTool({
    file: binaries.pgCtl,
    cwd: folder.cluster,
    account,
    args: [
      "start",
      "-D",
      clusterArgument(account),
      "-w",
      "-s",
      "-t",
      `${START_TIMEOUT_S}`,
      "-l",
      "server.log",
      "-o",
      options,
    ],
  });
  if (end.exitCode !== 0) throw startFailure(folder, (await readFrom(folder.log, logStart)) || end.output);
}

/** Stops the server: new connections are refused, running transactions rolled back, the cluster left clean. */
export async function stopServer(cluster: Cluster, mode: "fast" | "immediate"): Promise<boolean> {
  const { folder, account, binaries } = cluster;
  const end = await runTool({
    file: binaries.pgCtl,
    cwd: folder.cluster,
    account,
    args: ["stop", "-D", clusterArgument(account), "-w", "-s", "-t", `${STOP_TIMEOUT_S}`, "-m", mode],
  });
  return end.exitCode === 0;
}

/** Puts a log that has grown large aside, and tells where the next line will be written. */
async function turnLog(folder: DataFolder): Promise<number> {
  const size = (await stat(folder.log).catch(() => null))?.size ?? 0;
  if (size <= MAX_LOG_BYTES) return size;
  await rename(folder.log, `${folder.log}.old`);
  return 0;
}

async function readFrom(path: string, start: number): Promise<string> {
  const file = await open(path).catch(() => null);
  if (file === null) return "";
  try {
    const size = Math.min(Math.max((await file.stat()).size - start, 0), 16 * 1024);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size), 0, size, start);
    return buffer.toString("utf8", 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
