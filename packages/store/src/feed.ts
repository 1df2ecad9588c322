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
  await query({ name: "lock-feed", text: "select pg_advisory_xact_lock($1)", values: [FEED_LOCK] });
}

/**
 * The last thing a transaction does: counts the tallies and appends the changes. Numbers are given out under one lock
 * that is held until the commit, so that they become visible in their own order and a cursor never skips.
 */
export async function appendToFeed(query: Query, delta: TallyDelta, changes: readonly NewChange[]): Promise<void> {
  const moved = [...delta].filter(([, count]) => count !== 0);
  if (moved.length === 0 && changes.length === 0) return;
  await lockFeed(query);
  if (moved.length > 0) await addToTallies(query, moved);
  if (changes.length > 0) await insertChanges(query, changes);
}

async function addToTallies(query: Query, moved: readonly (readonly [string, number])[]): Promise<void> {
  await query({
    name: "add-to-tallies",
    text: `
      insert into tallies (key, count)
      select * from unnest($1::text[], $2::bigint[])
      on conflict (key) do update set count = tallies.count + excluded.count`,
    values: [moved.map(([key]) => key), moved.map(([, count]) => count)],
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

async function insertChanges(query: Query, changes: readonly NewChange[]): Promise<void> {
  await query({
    name: "insert-changes",
    text: `
      insert into changes (server_id, at, kind, detail)
      select server_id, ${fromEpochMs("at")}, detail ->> 'kind', detail
      from rows from (json_to_recordset($1) as (server_id bigint, at double precision, detail jsonb)) with ordinality
        as new (server_id, at, detail, place)
      order by place`,
    values: [
      toJson(changes.map(({ serverId, at, change }) => ({ server_id: serverId, at: toEpochMs(at), detail: change }))),
    ],
  });
}
