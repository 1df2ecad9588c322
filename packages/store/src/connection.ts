import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";
import type { z } from "zod";
import { PrismaClient } from "./generated/client.ts";

/** A row that does not parse: named, set aside, and the rest goes on. The problem holds no value of the row. */
export type BadRow = { readonly table: string; readonly id: string; readonly problem: string };

/** SQL with its values. A `name` keeps the statement prepared on each connection: for hot paths. */
export type Statement = { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] };

/** A row as it came: what its columns hold is not known until it is parsed. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs a statement and answers its rows, unread: `bigint` as number, `timestamptz` as epoch milliseconds. */
export type Query = (statement: Statement) => Promise<readonly Row[]>;

/**
 * Runs a statement and tells its rows one by one, unread and kept nowhere: the client works while Postgres still looks for
 * the next. What `onRow` throws comes out at the end.
 */
type ForEachRow = (statement: Statement, onRow: (row: Row) => void) => Promise<void>;

export type Connection = {
  readonly query: Query;
  /** Runs `work` in one transaction, rolled back where it throws. */
  transaction<T>(work: (query: Query, forEachRow: ForEachRow) => Promise<T>): Promise<T>;
  /** Parses a row that has a `row_id`; one that does not parse is reported, and null. */
  parseRow<Schema extends z.ZodType>(table: string, schema: Schema, row: unknown): z.infer<Schema> | null;
  /** Parses rows, each with a `row_id`; those that do not parse are reported and left out. */
  parseRows<Schema extends z.ZodType>(table: string, schema: Schema, rows: readonly unknown[]): z.infer<Schema>[];
  /** Prisma on the same pool, for plain reading and writing off the hot paths. */
  readonly prisma: PrismaClient;
  readonly reportBadRow: (row: BadRow) => void;
  close(): Promise<void>;
};

export type ConnectionOptions = {
  readonly connectionString: string;
  readonly poolSize: number;
  readonly applicationName: string;
  readonly onBadRow: (row: BadRow) => void;
};

const CONNECTION_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;
/** A process that is frozen between two statements holds rows and the turn to write to the feed: not for longer than this. */
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Opens the pool that everything shares. It connects when first used. */
export function createConnection(options: ConnectionOptions): Connection {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    application_name: options.applicationName,
    max: options.poolSize,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser: parserOf },
  });
  // An idle connection that breaks is replaced by the next query, which tells its own failure; unheard, the event ends the process.
  pool.on("error", () => undefined);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  const parseRow = <Schema extends z.ZodType>(table: string, schema: Schema, row: unknown) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    options.onBadRow({ table, id: rowIdOf(row), problem: describeIssues(parsed.error) });
    return null;
  };
  return {
    query: (statement) => run(pool, statement),
    transaction: (work) => runTransaction(pool, work),
    parseRow,
    parseRows: (table, schema, rows) =>
      rows.map((row) => parseRow(table, schema, row)).filter((parsed) => parsed !== null),
    prisma,
    reportBadRow: options.onBadRow,
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/**
 * By callback: what the promise of a client's `query` resolves to outlives the young generation, though nobody holds it any
 * more, and a crawl that reads its rows that way collects them twice and then once more.
 */
function run(target: pg.Pool | pg.PoolClient, statement: Statement): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    target.query<Record<string, unknown>>(toQueryConfig(statement), (error, result) => {
      if (error) reject(error);
      else resolve(result.rows);
    });
  });
}

function runForEachRow(client: pg.PoolClient, statement: Statement, onRow: (row: Row) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const query = new pg.Query<Record<string, unknown>>(toQueryConfig(statement));
    let thrown: { readonly error: unknown } | null = null;
    query.on("row", (row) => {
      if (thrown !== null) return;
      try {
        onRow(row);
      } catch (error) {
        // In an event nobody would hear it, and the process would end.
        thrown = { error };
      }
    });
    query.on("error", reject);
    query.on("end", () => {
      if (thrown === null) resolve();
      else reject(thrown.error);
    });
    client.query(query);
  });
}

function toQueryConfig({ name, text, values }: Statement): pg.QueryConfig {
  const config = { text, values: [...(values ?? [])] };
  return name === undefined ? config : { ...config, name };
}

async function runTransaction<T>(
  pool: pg.Pool,
  work: (query: Query, forEachRow: ForEachRow) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | null = null;
  // A connection that breaks in a transaction fails its statement and tells it as an event, too; unheard, that ends the process.
  const noteBreak = (error: Error) => {
    broken ??= error;
  };
  client.on("error", noteBreak);
  try {
    await client.query("begin");
    const result = await work(
      (statement) => run(client, statement),
      (statement, onRow) => runForEachRow(client, statement, onRow),
    );
    await client.query("commit");
    return result;
  } catch (error) {
    // A connection that cannot even roll back is not given to anybody else.
    const cause = broken ?? error;
    await client.query("rollback").catch(noteBreak);
    // Of a connection that broke, statements tell only that it cannot be used.
    throw cause;
  } finally {
    client.off("error", noteBreak);
    client.release(broken ?? false);
  }
}

function parserOf(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (format !== "binary" && oid === pg.types.builtins.INT8) return Number;
  const parse: (value: string) => unknown = pg.types.getTypeParser(oid, format ?? "text");
  if (format !== "binary" && oid === pg.types.builtins.TIMESTAMPTZ) {
    return (value) => {
      const epochMs = readUtcTimestamp(value);
      if (!Number.isNaN(epochMs)) return epochMs;
      const date = parse(value);
      return date instanceof Date ? date.getTime() : date;
    };
  }
  return parse;
}

/**
 * Epoch milliseconds of the usual spelling, `2026-11-21 10:38:00.123+00`; NaN for any other (another time zone, a year of
 * five digits, infinity). A claim reads thousands, and the general parser takes several times as long.
 */
function readUtcTimestamp(value: string): number {
  return value.endsWith("+00") ? Date.parse(`${value.slice(0, 10)}T${value.slice(11, -3)}Z`) : Number.NaN;
}

function rowIdOf(row: unknown): string {
  return typeof row === "object" && row !== null && "row_id" in row ? String(row.row_id) : "unknown";
}

/** Where and of what kind the problems are, without the values: rows hold contact details, and this goes to the log. */
function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.map(String).join(".")}: ${issue.code}`).join("; ");
}
