import type { Instant } from "@switchboard/domain";
import { z } from "zod";
import type { Query } from "./connection.ts";
import { fromEpochMs } from "./moment.ts";
import { instantSchema } from "./stored-json.ts";

/**
 * Who lends servers, or takes one out of what is lent, does so alone until its transaction ends: so no server is in two leases.
 * Locks are taken in this order, or writers wait for each other for ever: that on opting out, this one, leases by token, rows of
 * the schedule, the feed's.
 */
const LENDING_LOCK = 7_305_190_004;

/**
 * SQL: the servers that nobody else may be lent. A lease that is over counts until whoever is at work on it is done, or it is
 * ended. By way of an array, of which the planner expects few members: what it takes for too many it would not hash, but go
 * through once for each server.
 */
export const LENT = "(select unnest(array(select unnest(held) from leases)))";

/** SQL: the servers that are lent now, in the same way. */
export const LENT_NOW = "(select unnest(array(select unnest(held) from leases where until > now())))";

/** By what token a server is lent to whoever holds it: its lease's, and its own number, so that nobody need look for it. */
export function toLentToken(lease: string, serverId: number): string {
  return `${lease}.${serverId}`;
}

const LENT_TOKEN = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})\.(\d{1,15})$/;

/** Waits for the turn to lend, and keeps everybody from lending until the transaction ends. */
export async function holdLending(query: Query): Promise<void> {
  await query({ text: "select pg_advisory_xact_lock($1)", values: [LENDING_LOCK] });
}

/** An array of numbers as Postgres reads it. The driver would write each by itself, which costs a claim what its lease does. */
export function toArrayText(numbers: readonly number[]): string {
  return `{${numbers.join(",")}}`;
}

const untilSchema = z.tuple([z.object({ until: instantSchema })]);

/**
 * Waits for the turn to lend, ends the leases that are over, and answers until when what is lent now is. What is free is for
 * the next statement to look for: it sees what others have lent while this one waited.
 */
export async function beginLending(query: Query, leaseMs: number): Promise<Instant> {
  // Nobody waits for a lease to reach the disk: one lost with the machine is as good as one that ran out.
  const rows = await query({
    name: "begin-lending",
    text: `
      with turn as materialized (
        select pg_advisory_xact_lock($1), set_config('synchronous_commit', 'off', true)
      ), ended as (
        delete from leases where token in (
          select token from leases where until <= now() or held = '{}' for update skip locked
        )
      )
      select round(date_part('epoch', now() + $2 * interval '1 millisecond') * 1000) as until from turn`,
    values: [LENDING_LOCK, leaseMs],
  });
  return untilSchema.parse(rows)[0].until;
}

/** SQL: lends the servers $3 by the token $1 until $2, epoch milliseconds. The turn must be ours. */
export const LEND = `insert into leases (token, until, held) values ($1, ${fromEpochMs("$2")}, $3)`;

/** A lent server of which the lease is locked. */
export type LockedLent = { readonly serverId: number; readonly lease: string };

const lockedSchema = z.object({ place: z.int() });

/** SQL: of the servers $2, claimed by the leases $1, those that are `lent` still, each with its `place`; the leases are locked. */
const LOCK_LENT = `
      with locked as materialized (
        select token, held from leases where token = any($1::uuid[]) order by token for update
      ), lent as materialized (
        select place, server_id from unnest($1::uuid[], $2::bigint[]) with ordinality as claimed (token, server_id, place)
        join locked using (token) where server_id = any(held)
      )`;

const LOCK = {
  leases: {
    name: "lock-lent",
    text: `${LOCK_LENT}
      select place::int from lent order by place`,
  },
  "leases and rows": {
    name: "lock-lent-and-rows",
    text: `${LOCK_LENT}, rows as materialized (
        select server_id from schedule where server_id = any(array(select server_id from lent)) order by server_id for update
      )
      select place::int from lent join rows using (server_id) order by place`,
  },
} as const;

/**
 * Locks the leases of these until the transaction ends, and if asked for then the rows of the schedule of what is lent.
 * Answers which of them are lent by their token still, in their order and each once.
 */
export async function lockLent<Item extends { readonly token: string }>(
  query: Query,
  items: readonly Item[],
  what: keyof typeof LOCK,
): Promise<readonly (LockedLent & { readonly item: Item })[]> {
  const claimed = [...Map.groupBy(items, ({ token }) => token)].flatMap(([token, [item]]) => {
    const [, lease, serverId] = LENT_TOKEN.exec(token) ?? [];
    return item === undefined || lease === undefined ? [] : [{ item, lease, serverId: Number(serverId) }];
  });
  if (claimed.length === 0) return [];
  const rows = await query({
    ...LOCK[what],
    values: [claimed.map(({ lease }) => lease), toArrayText(claimed.map(({ serverId }) => serverId))],
  });
  return rows.flatMap((row) => claimed[lockedSchema.parse(row).place - 1] ?? []);
}

/** SQL: takes the servers that a query gives out of the leases of these tokens, which must be locked. */
export function takeOut(servers: string, tokens: string): string {
  return `update leases set held = array(select unnest(held) except ${servers}) where token = any(${tokens}::uuid[])`;
}

const TAKE_OUT = takeOut("select unnest($1::bigint[])", "$2");

/** Takes servers out of their leases, which must be locked. */
export async function endLent(query: Query, lent: readonly LockedLent[]): Promise<void> {
  if (lent.length === 0) return;
  await query({ name: "end-lent", text: TAKE_OUT, values: [lent.map(({ serverId }) => serverId), leasesOf(lent)] });
}

/** Each lease once. */
export function leasesOf(lent: readonly LockedLent[]): readonly string[] {
  return [...new Set(lent.map(({ lease }) => lease))];
}

/** Keeps servers from being lent for so long, each by itself, whoever asks: in leases by tokens that nobody knows. */
export async function withhold(
  query: Query,
  servers: readonly { readonly serverId: number; readonly forMs: number }[],
): Promise<void> {
  if (servers.length === 0) return;
  await query({
    text: `
      insert into leases (token, until, held)
      select gen_random_uuid(), now() + for_ms * interval '1 millisecond', array_agg(server_id)
      from unnest($1::bigint[], $2::double precision[]) as withheld (server_id, for_ms) group by for_ms`,
    values: [servers.map(({ serverId }) => serverId), servers.map(({ forMs }) => forMs)],
  });
}

/** Takes servers out of whatever leases they are in. Lending must be held, and no row of the schedule be locked yet. */
export async function revokeLeases(query: Query, serverIds: readonly number[]): Promise<void> {
  const rows = await query({
    text: "select token from leases where held && $1::bigint[] order by token for update",
    values: [serverIds],
  });
  const holding = z.array(z.object({ token: z.string() })).parse(rows);
  if (holding.length > 0) await query({ text: TAKE_OUT, values: [serverIds, holding.map(({ token }) => token)] });
}
