import { join, resolve } from "node:path";

/** Where everything of the embedded server lies below a data folder. All paths are absolute. */
export type DataFolder = {
  readonly root: string;
  /** PGDATA; owned by the account that runs the server. */
  readonly cluster: string;
  /** The server's own log, inside the cluster because the server's account must write it. */
  readonly log: string;
  readonly lock: string;
  /** Who holds the lock, for messages only: the lock itself is what counts. */
  readonly owner: string;
  readonly password: string;
};

/** The parts of the data folder `dataDir` (absolute, or relative to the working directory). */
export function locateDataFolder(dataDir: string): DataFolder {
  const root = join(resolve(dataDir), "postgres");
  const cluster = join(root, "cluster");
  return {
    root,
    cluster,
    log: join(cluster, "server.log"),
    lock: join(root, "lock"),
    owner: join(root, "owner.json"),
    password: join(root, "password"),
  };
}
