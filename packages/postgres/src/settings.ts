import { totalmem } from "node:os";

export type Durability =
  /** Survives a loss of power. */
  | "full"
  /** Loses the cluster with the machine; for tests, where it is several times faster. */
  | "none";

/**
 * What a cluster that is thrown away does without. Of autovacuum because its workers belong to the superuser: a database
 * that one of them is just looking at could not be dropped by us.
 */
const THROW_AWAY = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", autovacuum: "off" } as const;

export type ServerSettings = { readonly durability: Durability; readonly maxConnections: number };

const MIB = 1024 * 1024;
const MIN_BUFFERS_MIB = 128;
const MAX_BUFFERS_MIB = 4096;

/** What this process may use of the machine's memory, in bytes: a container may be given less than there is. */
function usableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained === 0 ? totalmem() : Math.min(constrained, totalmem());
}

/**
 * Postgres' own cache, in MiB: an eighth of the memory, since crawler and api live on the same machine and the system
 * caches files too. Pages are taken as they are first used, so that a small directory stays small on a large machine.
 */
export function sharedBuffersMib(memoryBytes: number): number {
  return Math.round(Math.min(MAX_BUFFERS_MIB, Math.max(MIN_BUFFERS_MIB, memoryBytes / MIB / 8)));
}

/**
 * The command-line settings of one start. Values hold no character that a shell would read: pg_ctl passes them through one.
 * The log never holds a statement, a parameter or a key: those carry contact details and looked-up entities.
 */
export function toServerOptions(settings: ServerSettings, port: number): string {
  const values: Record<string, string | number> = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    cluster_name: "switchboard",
    max_connections: settings.maxConnections,
    shared_buffers: `${settings.durability === "none" ? MIN_BUFFERS_MIB : sharedBuffersMib(usableMemory())}MB`,
    // The first change of a page after a checkpoint writes the whole page to the log: a sweep changes pages at random,
    // and is several times dearer right after each. So few checkpoints: the log of a sweep of a million servers is bounded by
    // about what their data take, and a small directory never writes so much in a quarter of an hour.
    max_wal_size: "4GB",
    checkpoint_timeout: "15min",
    random_page_cost: "1.1",
    // One small machine, short statements: no compiler, no parallel plans (they need more /dev/shm than containers have).
    jit: "off",
    max_parallel_workers_per_gather: 0,
    io_method: "sync",
    // Nothing is replicated from here.
    wal_level: "minimal",
    max_wal_senders: 0,
    max_logical_replication_workers: 0,
    timezone: "UTC",
    log_timezone: "UTC",
    log_checkpoints: "off",
    log_error_verbosity: "terse",
    log_min_error_statement: "panic",
    log_parameter_max_length: 0,
    log_parameter_max_length_on_error: 0,
    ...(settings.durability === "none" ? THROW_AWAY : {}),
  };
  return Object.entries(values)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}
