import { randomUUID } from "node:crypto";
import type { Hostname, Instant, ServerKey, ServerState } from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query, Row, Statement } from "./connection.ts";
import { beginLending, endLent, LEND, LENT, LENT_NOW, lockLent, toArrayText, toLentToken, withhold } from "./leases.ts";
import { isAllThereIs, placesSchema, STATE_COLUMNS, type StateMore, serverStateSchema } from "./server-state-row.ts";
import { instantSchema } from "./stored-json.ts";

/** A hostname lent to one worker until `leaseUntil`. Only the holder of `token` may record a probe of it. */
export type Claim = {
  readonly hostname: Hostname;
  /** The directory's names that share this hostname's probe. */
  readonly serverNames: readonly ServerKey[];
  readonly token: string;
  readonly leaseUntil: Instant;
  readonly state: ServerState;
};

export type ClaimRequest = {
  readonly limit: number;
  readonly leaseMs: number;
  /** Only these, where given; they too must be due. */
  readonly hostnames?: readonly Hostname[];
};

/** A claim given back unprobed. `afterMs`: how long nobody can claim it, from now on by Postgres' clock; 0 where not given. */
type HandedBack = Pick<Claim, "hostname" | "token"> & { readonly afterMs?: number };

export type Claims = {
  /** Takes up to `limit` due hostnames, the longest overdue first, judged by Postgres' clock (docs/architecture.md, "Crawling"). */
  claimDue(request: ClaimRequest): Promise<readonly Claim[]>;
  /**
   * Gives claims back unprobed. They stay due since when they were, so that the backlog's age stays true, and can be
   * claimed again after their `afterMs`. Claims that are no longer ours are left alone. Answers how many were ours.
   */
  handBack(claims: readonly HandedBack[]): Promise<number>;
  /** How many hostnames are due and not lent out. Counting stops at `atMost`, where given. */
  countDue(atMost?: number): Promise<number>;
  /** When the next hostname can be claimed (perhaps already past); null where none ever comes due. */
  nextDueAt(): Promise<Instant | null>;
  /** Makes hostnames due now. Answers how many were not due before; opted-out ones stay out. */
  makeDue(hostnames: readonly Hostname[] | "all"): Promise<number>;
};

/** So many rows are made due in one transaction: a million at once would hold their locks for a minute. */
const MAKE_DUE_BATCH = 10_000;

export function createClaims(connection: Connection): Claims {
  return {
    claimDue: (request) => claimDue(connection, request),
    handBack: (claims) => handBack(connection, claims),
    async countDue(atMost) {
      const [row] = await connection.query({
        text: `
          select count(*) from (
            select from schedule where due_at <= now() and server_id not in ${LENT_NOW} limit $1
          ) as due`,
        values: [atMost ?? null],
      });
      return z.object({ count: z.int() }).parse(row).count;
    },
    async nextDueAt() {
      const [row] = await connection.query({
        text: `
          select least(
            (select due_at from schedule where due_at is not null and server_id not in ${LENT_NOW} order by due_at limit 1),
            (select min(until) from leases where until > now() and held <> '{}')
          ) as next`,
      });
      return z.object({ next: instantSchema.nullable() }).parse(row).next;
    },
    makeDue: (hostnames) => (hostnames === "all" ? makeAllDue(connection) : makeDue(connection, hostnames)),
  };
}

const serverIdSchema = z.compile(z.int());
const revisionSchema = z.compile(
  z.object({ server_id: z.int(), n: z.int(), fingerprint: z.string(), document: z.unknown() }),
);
const namesSchema = z.object({ server_id: z.int(), keys: z.array(z.string()) });

async function claimDue(connection: Connection, request: ClaimRequest): Promise<readonly Claim[]> {
  const lease = randomUUID();
  return connection.transaction(async (query, forEachRow) => {
    const leaseUntil = await beginLending(query, request.leaseMs);
    const serverIds: number[] = [];
    // In the order in which they come; null where a row does not parse, or is not finished.
    const states: (z.infer<typeof serverStateSchema> | null)[] = [];
    const unfinished: { readonly row: Row; readonly places: Places; readonly turn: number }[] = [];
    const read = (row: unknown) => connection.parseRow("servers", serverStateSchema, row);
    await forEachRow(dueStatement(request), (row) => {
      serverIds.push(serverIdSchema.parse(row["server_id"]));
      const isWhole = isAllThereIs(row);
      if (!isWhole) unfinished.push({ row, places: placesSchema.parse(row), turn: states.length });
      states.push(isWhole ? read(row) : null);
    });
    if (serverIds.length === 0) return [];
    const moreOf = await lend(
      query,
      { lease, leaseUntil, serverIds },
      unfinished.map(({ places }) => places),
    );
    for (const { row, places, turn } of unfinished) states[turn] = read({ ...row, more: moreOf(places) });
    return states
      .filter((found) => found !== null)
      .map(({ serverId, serverNames, state }) => ({
        hostname: state.hostname,
        serverNames,
        token: toLentToken(lease, serverId),
        leaseUntil,
        state,
      }));
  });
}

/** Locks nothing: while the turn to lend is ours, a server that is free is nobody else's to record. */
function dueStatement({ limit, hostnames }: ClaimRequest): Statement {
  // Written out: with a number that it knows the planner makes one plan for all claims of that size.
  const atMost = z.int().min(0).parse(limit);
  const only = hostnames === undefined ? "" : "and server_id in (select id from servers where hostname = any($1))";
  return {
    name: `find-due-${atMost}${hostnames === undefined ? "" : "-of"}`,
    text: `
      select ${STATE_COLUMNS} from schedule
      where due_at <= now() and server_id not in ${LENT} ${only}
      order by schedule.due_at limit ${atMost}`,
    values: hostnames === undefined ? [] : [hostnames],
  };
}

type Places = z.infer<typeof placesSchema>;

/** Lends what was found, and reads what there is more of those that have more. */
async function lend(
  query: Query,
  lent: { readonly lease: string; readonly leaseUntil: Instant; readonly serverIds: readonly number[] },
  unfinished: readonly Places[],
): Promise<(places: Places) => StateMore> {
  const wanted = unfinished.flatMap(({ server_id, revision, span_revision }) =>
    [...new Set([revision, span_revision])].flatMap((n) => (n === null ? [] : [{ server_id, n }])),
  );
  const rows = await query({
    name: "lend",
    text: `
      with lent as (${LEND})
      select server_id, n, fingerprint, document
      from unnest($4::bigint[], $5::int[]) as wanted (server_id, n) join revisions using (server_id, n)`,
    values: [
      lent.lease,
      lent.leaseUntil,
      toArrayText(lent.serverIds),
      toArrayText(wanted.map(({ server_id }) => server_id)),
      toArrayText(wanted.map(({ n }) => n)),
    ],
  });
  const keyOf = (serverId: number, n: number | null) => `${serverId} ${n}`;
  const revisions = new Map(
    rows.map((row) => revisionSchema.parse(row)).map((row) => [keyOf(row.server_id, row.n), row]),
  );
  const names = await readNames(
    query,
    unfinished.filter(({ has_other_names }) => has_other_names).map(({ server_id }) => server_id),
  );
  return ({ server_id, revision, span_revision }) => {
    const published = revisions.get(keyOf(server_id, revision));
    return {
      fingerprint: published?.fingerprint ?? null,
      document: published?.document ?? null,
      span_fingerprint: revisions.get(keyOf(server_id, span_revision))?.fingerprint ?? null,
      server_names: names.get(server_id) ?? null,
    };
  };
}

/** The names of servers that have others than their hostname; few have. */
async function readNames(query: Query, serverIds: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>> {
  if (serverIds.length === 0) return new Map();
  const rows = await query({
    name: "read-names",
    text: `
      select server_id, array_agg(key order by key) as keys
      from server_names where server_id = any($1::bigint[]) group by server_id`,
    values: [toArrayText(serverIds)],
  });
  return new Map(rows.map((row) => namesSchema.parse(row)).map(({ server_id, keys }) => [server_id, keys]));
}

async function handBack(connection: Connection, claims: readonly HandedBack[]): Promise<number> {
  return connection.transaction(async (query) => {
    const ours = await lockLent(query, claims, "leases");
    await endLent(query, ours);
    await withhold(
      query,
      ours.flatMap(({ item: { afterMs = 0 }, serverId }) => (afterMs > 0 ? [{ serverId, forMs: afterMs }] : [])),
    );
    return ours.length;
  });
}

async function makeDue(connection: Connection, hostnames: readonly Hostname[]): Promise<number> {
  const rows = await connection.query({
    text: `
      with late as (
        select server_id from servers join schedule on server_id = id
        where servers.hostname = any($1) and due_at > now() order by server_id for update of schedule
      )
      update schedule set due_at = date_trunc('milliseconds', now()), version = version + 1
      from late where schedule.server_id = late.server_id
      returning schedule.server_id`,
    values: [hostnames],
  });
  return rows.length;
}

const batchSchema = z.object({ last: z.int().nullable(), made: z.int() });

async function makeAllDue(connection: Connection): Promise<number> {
  let made = 0;
  let after = 0;
  while (true) {
    const [row] = await connection.query({
      text: `
        with batch as materialized (
          select server_id, due_at from schedule where server_id > $1 order by server_id limit $2 for update
        ), made as (
          update schedule set due_at = date_trunc('milliseconds', now()), version = version + 1
          from batch where schedule.server_id = batch.server_id and batch.due_at > now()
          returning 1
        )
        select (select max(server_id) from batch) as last, (select count(*) from made) as made`,
      values: [after, MAKE_DUE_BATCH],
    });
    const batch = batchSchema.parse(row);
    made += batch.made;
    if (batch.last === null) return made;
    after = batch.last;
  }
}
