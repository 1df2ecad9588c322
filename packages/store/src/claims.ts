import { randomUUID } from "node:crypto";
import type { Hostname, Instant, ServerKey, ServerState } from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query, Row } from "./connection.ts";
import { READ_MORE, STATE_COLUMNS, serverStateSchema } from "./server-state-row.ts";
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

const DUE = "due_at <= now() and (lease_until is null or lease_until <= now())";

/** So many rows are made due in one transaction: a million at once would hold their locks for a minute. */
const MAKE_DUE_BATCH = 10_000;

export function createClaims(connection: Connection): Claims {
  return {
    claimDue: (request) => claimDue(connection, request),
    handBack: (claims) => handBack(connection, claims),
    async countDue(atMost) {
      const [row] = await connection.query({
        text: `select count(*) from (select from schedule where ${DUE} limit $1) as due`,
        values: [atMost ?? null],
      });
      return z.object({ count: z.int() }).parse(row).count;
    },
    async nextDueAt() {
      // Where something can be claimed now there is no need to look through what is lent out.
      const [row] = await connection.query({
        text: `
          with free as (
            select due_at from schedule where due_at is not null and (lease_until is null or lease_until <= now())
            order by due_at limit 1
          )
          select case when (select due_at from free) <= now() then (select due_at from free) else least(
            (select due_at from free),
            (select min(lease_until) from schedule where due_at <= now() and lease_until > now())
          ) end as next`,
      });
      return z.object({ next: instantSchema.nullable() }).parse(row).next;
    },
    makeDue: (hostnames) => (hostnames === "all" ? makeAllDue(connection) : makeDue(connection, hostnames)),
  };
}

/** What of a row is needed before the rest of it is read. */
const headSchema = z.object({ place: z.string(), server_id: z.int(), has_more: z.boolean() });
const moreHeadSchema = z.object({ server_id: z.int() });

async function claimDue(connection: Connection, request: ClaimRequest): Promise<readonly Claim[]> {
  const token = randomUUID();
  const states = await connection.transaction(async (query) => {
    // A locked row stays as it is read here, and in its place.
    const rows = await lockDue(query, request);
    if (rows.length === 0) return [];
    const heads = z.array(headSchema).parse(rows);
    const read = (hasMore: boolean, moreOf: (serverId: number) => unknown) => {
      const chosen = heads.flatMap(({ server_id, has_more }, n) =>
        has_more === hasMore ? [{ ...rows[n], more: moreOf(server_id) }] : [],
      );
      return connection.parseRows("servers", serverStateSchema, chosen);
    };
    // Most rows are all there is of their server, and are read here while Postgres lends them.
    const [found, alone] = await Promise.all([
      lease(query, { token, places: heads.map(({ place }) => place), leaseMs: request.leaseMs }),
      (async () => read(false, () => null))(),
    ]);
    const more = new Map(found.map((row) => [moreHeadSchema.parse(row).server_id, row]));
    return [...alone, ...read(true, (serverId) => more.get(serverId))];
  });
  return states
    .toSorted((one, other) => one.dueAt - other.dueAt)
    .map(({ serverNames, leaseUntil, state }) => ({ hostname: state.hostname, serverNames, token, leaseUntil, state }));
}

/** Rows come in while Postgres still looks for the next: a statement that writes keeps all to itself until the last is written. */
async function lockDue(query: Query, { limit, leaseMs, hostnames }: ClaimRequest): Promise<readonly Row[]> {
  // Written out: with a number that it knows the planner makes one plan for all claims of that size.
  const atMost = z.int().min(0).parse(limit);
  const only = hostnames === undefined ? "" : "and server_id in (select id from servers where hostname = any($2))";
  return query({
    name: `lock-due-${atMost}${hostnames === undefined ? "" : "-of"}`,
    text: `
      select ctid as place, round(date_part('epoch', now() + $1 * interval '1 millisecond') * 1000) as lease_until, ${STATE_COLUMNS}
      from schedule where ${DUE} ${only} order by schedule.due_at limit ${atMost} for update skip locked`,
    values: [leaseMs, ...(hostnames === undefined ? [] : [hostnames])],
  });
}

/** Lends locked rows, and answers what there is more of their servers. */
async function lease(
  query: Query,
  { token, places, leaseMs }: { readonly token: string; readonly places: readonly string[]; readonly leaseMs: number },
): Promise<readonly Row[]> {
  // Nobody waits for a lease to reach the disk: one lost with the machine is as good as one that ran out.
  return query({
    name: "lease-due",
    text: `
      with unhurried as materialized (
        select set_config('synchronous_commit', 'off', true) as value
      ), leased as (
        update schedule set lease_until = now() + $1 * interval '1 millisecond', lease_token = $2
        where ctid = any($3::tid[]) and exists (select from unhurried where value = 'off')
        returning server_id, revision, span_revision, has_other_names, published_since, verdict, findings, rules_version
      )
      ${READ_MORE}`,
    values: [leaseMs, token, places],
  });
}

async function handBack(connection: Connection, claims: readonly HandedBack[]): Promise<number> {
  const rows = await connection.query({
    text: `
      with held as (
        select server_id, after_ms from unnest($1::text[], $2::uuid[], $3::double precision[]) as ours (hostname, token, after_ms)
        join servers using (hostname) join schedule on server_id = id and lease_token = token
        order by server_id for update of schedule
      )
      update schedule set lease_token = null,
        lease_until = case when after_ms > 0 then now() + after_ms * interval '1 millisecond' end
      from held where schedule.server_id = held.server_id
      returning schedule.server_id`,
    values: [
      claims.map(({ hostname }) => hostname),
      claims.map(({ token }) => token),
      claims.map(({ afterMs }) => afterMs ?? 0),
    ],
  });
  return rows.length;
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
