import type { Change, Instant } from "@switchboard/domain";
import { toJson } from "./clean-text.ts";
import type { Query } from "./connection.ts";
import { fromEpochMs, toEpochMs } from "./moment.ts";

/** Any fixed number: whoever numbers changes or counts tallies takes turns on it, until the transaction ends. */
const FEED_LOCK = 7_305_190_002;

export type NewChange = { readonly serverId: number; readonly at: Instant; readonly change: Change };

/** Counts to be added to the tallies, by key. */
export type TallyDelta = Map<string, number>;

/** Notes that a server left some tallies and joined others. */
export function moveTallies(delta: TallyDelta, before: readonly string[], after: readonly string[]): void {
  for (const key of before) delta.set(key, (delta.get(key) ?? 0) - 1);
  for (const key of after) delta.set(key, (delta.get(key) ?? 0) + 1);
}

/** Waits for the turn to write to the feed and the tallies. */
export async function lockFeed(query: Query): Promise<void> {
  await query({ text: "select pg_advisory_xact_lock($1)", values: [FEED_LOCK] });
}

/**
 * The last thing a transaction does: counts the tallies and appends the changes. Numbers are given out under one lock
 * that is held until the commit, so that they become visible in their own order and a cursor never skips.
 */
export async function appendToFeed(query: Query, delta: TallyDelta, changes: readonly NewChange[]): Promise<void> {
  const moved = [...delta].filter(([, count]) => count !== 0);
  if (moved.length === 0 && changes.length === 0) return;
  await query({
    name: "append-to-feed",
    text: APPEND_TO_FEED,
    values: [
      FEED_LOCK,
      moved.map(([key]) => key),
      moved.map(([, count]) => count),
      toJson(changes.map(({ serverId, at, change }) => ({ server_id: serverId, at: toEpochMs(at), detail: change }))),
    ],
  });
  const fallen = moved.filter(([, count]) => count < 0).map(([key]) => key);
  if (fallen.length === 0) return;
  // Roles and reasons come and go with hostile input: what nobody counts in any more must not pile up.
  await query({
    name: "drop-empty-tallies",
    text: "delete from tallies where key = any($1) and count = 0",
    values: [fallen],
  });
}

// Both inserts read the turn, so neither counts nor numbers anything before it is ours. A tally that somebody else counted
// while this waited is read again before it is changed, as on any conflict.
const APPEND_TO_FEED = `
  with turn as materialized (
    select pg_advisory_xact_lock($1)
  ), counted as (
    insert into tallies (key, count)
    select key, count from turn, unnest($2::text[], $3::bigint[]) as moved (key, count)
    on conflict (key) do update set count = tallies.count + excluded.count
  )
  insert into changes (server_id, at, kind, detail)
  select server_id, ${fromEpochMs("at")}, detail ->> 'kind', detail
  from turn, rows from (json_to_recordset($4) as (server_id bigint, at double precision, detail jsonb)) with ordinality
    as new (server_id, at, detail, place)
  order by place`;
