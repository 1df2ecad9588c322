import type { DiscoveredDecision, DiscoveryState, Instant, ServerKey } from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query } from "./connection.ts";
import { DISCOVERY_COLUMNS, DISCOVERY_TALLY_KEYS, discoverySchema, discoveryTallies } from "./discovery-row.ts";
import { appendToFeed, moveTallies, type TallyDelta } from "./feed.ts";
import { toTimestamp, toTimestampOrNull } from "./moment.ts";

/** A discovery's decision on its way into the directory, with the claim's token that entitles it. */
export type DiscoveryRecord = {
  readonly serverName: ServerKey;
  readonly token: string;
  readonly decision: DiscoveredDecision;
  readonly discoveredAt: Instant;
};

export type DiscoveryRecords = {
  /**
   * Records a batch in one transaction. Records whose token is no longer theirs are discarded; repeating a batch changes
   * nothing. What a server ran before is kept where it changed, and only then.
   */
  recordDiscoveries(records: readonly DiscoveryRecord[]): Promise<{ readonly discardedNames: readonly ServerKey[] }>;
};

/** So many earlier versions are kept of a name: one that tells another version at every visit must not grow without end. */
const MAX_SOFTWARE_SPANS = 100;

type EntitledRecord = { readonly record: DiscoveryRecord; readonly before: DiscoveryState };

export function createDiscoveryRecords(connection: Connection): DiscoveryRecords {
  return {
    async recordDiscoveries(records) {
      if (records.length === 0) return { discardedNames: [] };
      return connection.transaction(async (query) => {
        const entitled = await findEntitled(connection, query, records);
        const kept = new Set(entitled.map(({ record }) => record));
        await writeDiscoveries(query, [...kept]);
        await keepSoftwareSpans(query, entitled);
        const delta: TallyDelta = new Map();
        for (const { record, before } of entitled) {
          moveTallies(delta, discoveryTallies(before), discoveryTallies(record.decision.state));
        }
        await appendToFeed(query, delta, []);
        return {
          discardedNames: records.filter((record) => !kept.has(record)).map(({ serverName }) => serverName),
        };
      });
    },
  };
}

const tokenSchema = z.object({ key: z.string(), lease_token: z.string().nullable() });

/** Locks the batch's rows in their order, so that writers never deadlock; a name twice in a batch counts once. */
async function findEntitled(
  connection: Connection,
  query: Query,
  records: readonly DiscoveryRecord[],
): Promise<readonly EntitledRecord[]> {
  const rows = await query({
    name: "lock-discoveries",
    text: `select lease_token, ${DISCOVERY_COLUMNS} from discoveries where key = any($1) order by key for update`,
    values: [records.map(({ serverName }) => serverName)],
  });
  const tokens = new Map(rows.map((row) => tokenSchema.parse(row)).map((row) => [row.key, row.lease_token]));
  const own = new Map<ServerKey, DiscoveryRecord>();
  for (const record of records) {
    const isOwn = tokens.get(record.serverName) === record.token;
    if (isOwn && !own.has(record.serverName)) own.set(record.serverName, record);
  }
  return connection.parseRows("discoveries", discoverySchema, rows).flatMap(({ serverName, state: before }) => {
    const record = own.get(serverName);
    return record === undefined ? [] : [{ record, before }];
  });
}

/** A column of the batch: its name, its type in Postgres, and its value for one record. */
type Column = readonly [name: string, type: string, read: (state: DiscoveryState) => unknown];

const STATE_COLUMNS: readonly Column[] = [
  ["software_name", "text", ({ software }) => software?.name ?? null],
  ["software_version", "text", ({ software }) => software?.version ?? null],
  ["software_since", "timestamptz", ({ softwareSince }) => toTimestampOrNull(softwareSince)],
  ["online_since", "timestamptz", ({ onlineSince }) => toTimestampOrNull(onlineSince)],
  ["last_answered_at", "timestamptz", ({ lastAnsweredAt }) => toTimestampOrNull(lastAnsweredAt)],
  ["last_tried_at", "timestamptz", ({ lastTriedAt }) => toTimestampOrNull(lastTriedAt)],
  ["failure", "text", ({ failure }) => failure],
  ["failing_since", "timestamptz", ({ failingSince }) => toTimestampOrNull(failingSince)],
  ["failure_count", "integer", ({ failureCount }) => failureCount],
  ["interval_ms", "double precision", ({ intervalMs }) => intervalMs],
  ["delegated_to", "text", ({ delegation }) => delegation?.serverName ?? null],
  ["delegation_fresh_until", "timestamptz", ({ delegation }) => toTimestampOrNull(delegation?.freshUntil ?? null)],
];

// A worker whose clock is years behind must not make a name due for ever: due from now on, by Postgres' clock.
const WRITE_DISCOVERIES = `
  update discoveries set
    due_at = date_trunc('milliseconds', now()) + due_in_ms * interval '1 millisecond', lease_until = null,
    lease_token = null, software_key = case when found.online_since is not null then lower(found.software_name) end, ${STATE_COLUMNS.map(([name]) => `${name} = found.${name}`).join(", ")}
  from unnest($1::text[], $2::double precision[], ${STATE_COLUMNS.map(([, type], place) => `$${place + 3}::${type}[]`).join(", ")})
    as found (key, due_in_ms, ${STATE_COLUMNS.map(([name]) => name).join(", ")})
  where discoveries.key = found.key`;

async function writeDiscoveries(query: Query, records: readonly DiscoveryRecord[]): Promise<void> {
  if (records.length === 0) return;
  await query({
    name: "write-discoveries",
    text: WRITE_DISCOVERIES,
    values: [
      records.map(({ serverName }) => serverName),
      records.map(({ decision, discoveredAt }) => decision.dueAt - discoveredAt),
      ...STATE_COLUMNS.map(([, , read]) => records.map(({ decision }) => read(decision.state))),
    ],
  });
}

/** What a server ran until now becomes history when it runs something else. */
async function keepSoftwareSpans(query: Query, entitled: readonly EntitledRecord[]): Promise<void> {
  const ended = entitled.flatMap(({ record, before }) => {
    const { software, softwareSince, lastAnsweredAt } = before;
    if (record.decision.software === "same" || software === null) return [];
    if (softwareSince === null || lastAnsweredAt === null) return [];
    return [{ key: record.serverName, ...software, firstAt: softwareSince, lastAt: lastAnsweredAt }];
  });
  if (ended.length === 0) return;
  await query({
    name: "insert-software-spans",
    text: `
      insert into software_spans (key, n, name, version, first_at, last_at)
      select key, coalesce((select max(n) from software_spans where software_spans.key = ended.key), 0) + 1,
        name, version, first_at, last_at
      from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[])
        as ended (key, name, version, first_at, last_at)`,
    values: [
      ended.map(({ key }) => key),
      ended.map(({ name }) => name),
      ended.map(({ version }) => version),
      ended.map(({ firstAt }) => toTimestamp(firstAt)),
      ended.map(({ lastAt }) => toTimestamp(lastAt)),
    ],
  });
  await query({
    name: "drop-oldest-software-spans",
    text: `
      delete from software_spans using (
        select key, max(n) - $2 as last from software_spans where key = any($1) group by key
      ) as old where software_spans.key = old.key and software_spans.n <= old.last`,
    values: [ended.map(({ key }) => key), MAX_SOFTWARE_SPANS],
  });
}

const forgottenSchema = z.object({ tally_keys: z.array(z.string()) });

/**
 * Forgets what is known of these servers' names and stops looking for them, inside a transaction. Answers the tallies
 * that they counted in, for the caller to move.
 */
export async function forgetDiscoveries(query: Query, serverIds: readonly number[]): Promise<readonly string[]> {
  await query({
    text: "delete from software_spans where key in (select key from server_names where server_id = any($1))",
    values: [serverIds],
  });
  const rows = await query({
    text: `
      with held as (
        select discoveries.key from discoveries join server_names using (key)
        where server_id = any($1) order by key for update of discoveries
      )
      delete from discoveries using held where discoveries.key = held.key
      returning ${DISCOVERY_TALLY_KEYS} as tally_keys`,
    values: [serverIds],
  });
  return z
    .array(forgottenSchema)
    .parse(rows)
    .flatMap(({ tally_keys }) => tally_keys);
}
