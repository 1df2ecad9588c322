import { randomUUID } from "node:crypto";
import type { DiscoveryState, Instant, ServerKey } from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query } from "./connection.ts";
import { DISCOVERY_COLUMNS, discoverySchema } from "./discovery-row.ts";
import { instantSchema, serverKeySchema } from "./stored-json.ts";

/** A server name lent to one worker until `leaseUntil`. Only the holder of `token` may record a discovery of it. */
export type DiscoveryClaim = {
  readonly serverName: ServerKey;
  readonly token: string;
  readonly leaseUntil: Instant;
  readonly state: DiscoveryState;
};

export type DiscoveryClaims = {
  /**
   * Takes up to `limit` due names, the longest overdue first, judged by Postgres' clock. A name whose hostname was never
   * probed is put off until it was.
   */
  claimDueDiscoveries(request: {
    readonly limit: number;
    readonly leaseMs: number;
  }): Promise<readonly DiscoveryClaim[]>;
  /** Gives claims back: they are due again at once. Claims that are no longer ours are left alone. Answers how many were ours. */
  handBackDiscoveries(claims: readonly Pick<DiscoveryClaim, "serverName" | "token">[]): Promise<number>;
  /** How many names are due and not lent out. Counting stops at `atMost`. */
  countDueDiscoveries(atMost: number): Promise<number>;
};

const DUE = "due_at <= now() and (lease_until is null or lease_until <= now())";

const leaseSchema = z.object({ key: serverKeySchema, lease_until: instantSchema });

export function createDiscoveryClaims(connection: Connection): DiscoveryClaims {
  return {
    async claimDueDiscoveries({ limit, leaseMs }) {
      const token = randomUUID();
      const rows = await connection.query({
        name: "claim-due-discoveries",
        text: `
          with due as (
            select key from discoveries where ${DUE} order by due_at limit $1 for update skip locked
          ), asked as (
            select due.key, schedule.due_at, schedule.last_probed_at is not null as is_probed
            from due join server_names using (key) join schedule using (server_id)
          ), put_off as (
            update discoveries set due_at = greatest(asked.due_at, now() + interval '2 seconds')
            from asked where discoveries.key = asked.key and not is_probed
          )
          update discoveries set lease_until = now() + $2 * interval '1 millisecond', lease_token = $3
          from asked where discoveries.key = asked.key and is_probed
          returning lease_until, ${DISCOVERY_COLUMNS}`,
        values: [limit, leaseMs, token],
      });
      const leases = new Map(rows.map((row) => leaseSchema.parse(row)).map((row) => [row.key, row.lease_until]));
      return connection.parseRows("discoveries", discoverySchema, rows).flatMap(({ serverName, state }) => {
        const leaseUntil = leases.get(serverName);
        return leaseUntil === undefined ? [] : [{ serverName, token, leaseUntil, state }];
      });
    },
    async handBackDiscoveries(claims) {
      const rows = await connection.query({
        text: `
          with held as (
            select key from unnest($1::text[], $2::uuid[]) as ours (key, token)
            join discoveries using (key) where lease_token = token order by key for update of discoveries
          )
          update discoveries set lease_until = null, lease_token = null
          from held where discoveries.key = held.key returning discoveries.key`,
        values: [claims.map(({ serverName }) => serverName), claims.map(({ token }) => token)],
      });
      return rows.length;
    },
    async countDueDiscoveries(atMost) {
      const [row] = await connection.query({
        text: `select count(*) from (select from discoveries where ${DUE} limit $1) as due`,
        values: [atMost],
      });
      return z.object({ count: z.int() }).parse(row).count;
    },
  };
}

/** Begins to look for these names when their hostnames come due for a probe, at once where one was probed before. */
export async function scheduleDiscoveries(query: Query, names: readonly ServerKey[]): Promise<void> {
  await query({
    text: `
      insert into discoveries (key, due_at)
      select key, case when last_probed_at is null then due_at else date_trunc('milliseconds', now()) end
      from server_names join schedule using (server_id)
      where key = any($1) and due_at is not null
      order by key on conflict (key) do nothing`,
    values: [names],
  });
}
