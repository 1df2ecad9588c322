import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, createCluster, hasCluster, startServer, stopServer } from "./cluster.ts";
import { type DataFolder, locateDataFolder } from "./data-folder.ts";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { acquireFolderLock } from "./folder-lock.ts";
import { prepareBinaries } from "./platform-binaries.ts";
import { findPostmaster, isPostmasterAlive, knock, type Postmaster, toConnectionString } from "./postmaster.ts";
import { chooseServerAccount } from "./server-account.ts";
import { type ServerSettings, toServerOptions } from "./settings.ts";

export type StartPostgresOptions = Partial<ServerSettings> & {
  /** The data folder; the server lives in `postgres/` below it. Made where it is missing. */
  readonly dataDir: string;
  /** Told in plain words what happens. */
  readonly onLog?: (line: string) => void;
};

export type EmbeddedPostgres = {
  /** A role that owns its database and may make others; TCP on 127.0.0.1, scram with a random password. */
  readonly connectionString: string;
  /** Whether the server was running already, left behind by an owner that died. */
  readonly adopted: boolean;
  /** Starts the server again, on the same port, if it has died; true where it had. For a supervisor's timer. */
  revive(): Promise<boolean>;
  /** Stops the server (fast: clients are cut off, nothing committed is lost) and gives the folder back. */
  stop(): Promise<void>;
  /** Gives the folder back and leaves the server running for whoever starts on the folder next. */
  leave(): Promise<void>;
};

/** How long the remains of a killed server (its children, its shared memory) may keep the next one from starting. */
const RECOVERY_MS = 5_000;
/** How long a server may take to replay its log, or to finish a stop that somebody else began. */
const REPLAY_MS = 60_000;
const RETRY_MS = 200;

/**
 * Starts the embedded server on a data folder, or adopts the one that runs there without an owner, and waits until it
 * accepts connections. The folder belongs to this process until `stop` or `leave`, or its death, however it dies.
 * The server has a process group of its own: signals of the terminal do not reach it.
 *
 * Throws EmbeddedPostgresError: `folder-in-use` naming the folder and its owner, `not-permitted`,
 * `platform-without-binaries`, `binaries-incomplete`, `folder-damaged`, `start-failed` with the server's last words.
 */
export async function startPostgres(options: StartPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, durability = "full", maxConnections = 100, onLog = () => {} } = options;
  const settings = { durability, maxConnections };
  const folder = locateDataFolder(dataDir);
  await makeRoot(folder);
  const account = await chooseServerAccount(folder);
  const lock = acquireFolderLock(folder);
  try {
    const cluster: Cluster = { folder, account, binaries: await prepareBinaries(account) };
    if (!(await hasCluster(folder))) {
      onLog(`making a Postgres cluster in ${folder.cluster}`);
      await createCluster(cluster);
    }
    const password = await readPassword(folder);
    const first = await bringUp({ cluster, settings, password, port: null });
    onLog(
      first.adopted
        ? `adopted the Postgres that was left running in ${folder.cluster} (process ${first.postmaster.pid})`
        : `Postgres runs in ${folder.cluster} on port ${first.postmaster.port}`,
    );
    let postmaster = first.postmaster;
    return {
      connectionString: toConnectionString(postmaster.port, password),
      adopted: first.adopted,
      async revive() {
        if (isPostmasterAlive(postmaster.pid)) return false;
        onLog(`Postgres (process ${postmaster.pid}) has died; starting it again`);
        ({ postmaster } = await bringUp({ cluster, settings, password, port: postmaster.port }));
        return true;
      },
      async stop() {
        try {
          await bringDown(cluster);
        } finally {
          lock.release();
        }
      },
      async leave() {
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function makeRoot(folder: DataFolder): Promise<void> {
  try {
    await mkdir(folder.root, { recursive: true });
    // As root the server's account must pass through to its cluster; the cluster itself is closed to all others.
    if (process.getuid?.() === 0) await chmod(folder.root, 0o711);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "not-permitted",
      `cannot make the data folder ${folder.root}: set SWITCHBOARD_DATA_DIR to a folder of your own`,
      { cause: error },
    );
  }
}

/** The password of the cluster's role. Throws `folder-damaged` where its file is gone, `not-permitted` where it is closed. */
export async function readPassword(folder: DataFolder): Promise<string> {
  try {
    return (await readFile(folder.password, "utf8")).trim();
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new EmbeddedPostgresError(
      missing ? "folder-damaged" : "not-permitted",
      missing
        ? `${folder.password} is missing: put it back, or move ${folder.root} away and start again`
        : `cannot read ${folder.password}: run as the user it belongs to, or set SWITCHBOARD_DATA_DIR to a folder of your own`,
      { cause: error },
    );
  }
}

type BringUp = {
  readonly cluster: Cluster;
  readonly settings: ServerSettings;
  readonly password: string;
  /** The port clients know already, or null where any will do. */
  readonly port: number | null;
};

async function bringUp(options: BringUp): Promise<{ readonly postmaster: Postmaster; readonly adopted: boolean }> {
  const { cluster, settings, password } = options;
  const begun = Date.now();
  let patienceMs = RECOVERY_MS;
  let failure: unknown = null;
  while (Date.now() - begun < patienceMs) {
    const running = await findPostmaster(cluster.folder);
    if (running !== null && isPostmasterAlive(running.pid)) {
      const answer = await knock(toConnectionString(running.port, password));
      if (answer === "ready") return { postmaster: running, adopted: true };
      if (answer === "starting") patienceMs = REPLAY_MS;
    } else {
      try {
        await startServer(cluster, toServerOptions(settings, options.port ?? (await findFreePort())));
        const postmaster = await findPostmaster(cluster.folder);
        if (postmaster !== null) return { postmaster, adopted: false };
      } catch (error) {
        failure = error;
        // No living server, yet Postgres takes the old file for one: a zombie, or another process under that pid now.
        if (running !== null && Date.now() - begun > patienceMs / 2) {
          await rm(join(cluster.folder.cluster, "postmaster.pid"), { force: true });
        }
      }
    }
    await sleep(RETRY_MS);
  }
  throw (
    failure ??
    new EmbeddedPostgresError(
      "start-failed",
      `a Postgres runs in ${cluster.folder.cluster} but does not answer: see ${cluster.folder.log}, or stop it by hand`,
    )
  );
}

async function bringDown(cluster: Cluster): Promise<void> {
  if (await stopServer(cluster, "fast")) return;
  const left = await findPostmaster(cluster.folder);
  if (left === null || !isPostmasterAlive(left.pid)) return;
  if (await stopServer(cluster, "immediate")) return;
  throw new EmbeddedPostgresError(
    "stop-failed",
    `Postgres (process ${left.pid}) in ${cluster.folder.cluster} did not stop: see ${cluster.folder.log}`,
  );
}

/** Postgres cannot pick a port itself; should another program take this one first, the start is tried again. */
function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("the system gave no port"));
      });
    });
  });
}
