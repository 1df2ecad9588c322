import {
  type Hostname,
  hostnameOf,
  type Instant,
  type NameBound,
  type ServerKey,
  type ServerName,
  serverKeyOf,
} from "@switchboard/domain";
import { z } from "zod";
import { cleanText } from "./clean-text.ts";
import type { Connection, Query } from "./connection.ts";
import { scheduleDiscoveries } from "./discovery-claims.ts";
import { appendToFeed } from "./feed.ts";
import { findServerIds, lockHeld } from "./held-server.ts";
import { holdBack } from "./name-quotas.ts";
import { findOptedOut, holdOptOuts } from "./opted-out-hostnames.ts";
import { projectServer } from "./server-projection.ts";
import { hostnameSchema, instantSchema, serverKeySchema } from "./stored-json.ts";

/** Names heard of at once, from one source. `spread` gives each a random moment of the next day, so that they do not come due together. */
export type NewCandidates = {
  readonly names: readonly ServerName[];
  /** From where, in a few words; cut to 200 characters. */
  readonly source: string;
  readonly due: "now" | "spread";
  /** How many new names this source may bring in a day; as many as it likes where none is given. */
  readonly bound?: NameBound;
};

/** How many of the distinct names were new to the directory and how many were in it, and whose operators asked to be left alone. */
export type AddedCandidates = {
  readonly added: number;
  readonly known: number;
  /** Neither added nor counted as known: an opt-out outlives every list that still holds the name. */
  readonly optedOut: readonly ServerKey[];
  /** Too many new ones for this source and day: not kept. They come in when they are heard of on a later day. */
  readonly heldBack: readonly ServerKey[];
};

/** What became of the wish for a fresh probe. */
export type ProbeRequest =
  | { readonly kind: "accepted" }
  | { readonly kind: "cooling-off"; readonly secondsLeft: number }
  | { readonly kind: "unknown-name" }
  | { readonly kind: "opted-out" };

/** From where a name was heard, when first, and when last (to the hour). */
export type NameSource = { readonly source: string; readonly heardAt: Instant; readonly lastHeardAt: Instant };

export type Candidates = {
  /** Adds names and their source; at most 10,000 at a time. Names already known keep their due time. */
  addCandidates(candidates: NewCandidates): Promise<AddedCandidates>;
  /** What `addCandidates` would do, but for the bound; nothing is written. */
  previewCandidates(names: readonly ServerName[]): Promise<AddedCandidates>;
  /** Makes a name due now, unless it was asked for or probed less than `cooloffMs` ago by Postgres' clock. */
  askForProbe(name: ServerKey, cooloffMs: number): Promise<ProbeRequest>;
  /** The sources of a name, the first heard first; empty where the name is unknown. */
  listSources(name: ServerKey): Promise<readonly NameSource[]>;
};

export const MAX_CANDIDATES = 10_000;
const MAX_SOURCE_CHARACTERS = 200;

/** The tally of the names that a source has told of. */
function toSourceTally(source: string): string {
  return `source:${source}`;
}

const unprobed = projectServer({ published: null, condition: "unprobed", conditionReason: null, standing: "listed" });

export function createCandidates(connection: Connection): Candidates {
  return {
    async addCandidates(candidates) {
      if (candidates.names.length > MAX_CANDIDATES) {
        throw new RangeError(`${candidates.names.length} names at once; at most ${MAX_CANDIDATES} fit`);
      }
      return connection.transaction((query) => insertCandidates(query, toHostnames(candidates.names), candidates));
    },
    previewCandidates: (names) => previewCandidates(connection, toHostnames(names)),
    askForProbe: (name, cooloffMs) => askForProbe(connection, name, cooloffMs),
    async listSources(name) {
      const rows = await connection.prisma.nameSource.findMany({ where: { key: name }, orderBy: { heardAt: "asc" } });
      return rows.map(({ source, heardAt, lastHeardAt }) => ({
        source,
        heardAt: instantSchema.parse(heardAt.getTime()),
        lastHeardAt: instantSchema.parse(lastHeardAt.getTime()),
      }));
    },
  };
}

function toHostnames(names: readonly ServerName[]): ReadonlyMap<ServerKey, Hostname> {
  return new Map(names.map((name) => [serverKeyOf(name), hostnameOf(name)]));
}

/** How a source is kept: what Postgres can hold of it, within bounds. */
export function toSource(text: string): string {
  return cleanText(text).slice(0, MAX_SOURCE_CHARACTERS);
}

/**
 * Adds names with their hostnames inside a transaction. Sorted everywhere, so that two submissions of the same names wait
 * for each other instead of deadlocking.
 */
export async function insertCandidates(
  query: Query,
  names: ReadonlyMap<ServerKey, Hostname>,
  candidates: Omit<NewCandidates, "names">,
): Promise<AddedCandidates> {
  const { due, bound } = candidates;
  const source = toSource(candidates.source);
  await holdOptOuts(query);
  const out = await findOptedOut(query, [...new Set(names.values())]);
  const optedOut = [...names].filter(([, hostname]) => out.has(hostname)).map(([key]) => key);
  const welcome = new Map([...names].filter(([, hostname]) => !out.has(hostname)));
  const heldBack = bound === undefined ? [] : await holdBack(query, welcome, { source, bound });
  for (const key of heldBack) welcome.delete(key);
  const hostnames = [...new Set(welcome.values())].sort();
  const keys = [...welcome.keys()].sort();
  const inserted = await query({
    text: `
      insert into servers (hostname, tally_keys)
      select hostname, $2 from unnest($1::text[]) as heard (hostname)
      on conflict (hostname) do nothing returning id, hostname`,
    values: [hostnames, unprobed.tallyKeys],
  });
  const servers = z.array(z.object({ id: z.int(), hostname: hostnameSchema })).parse(inserted);
  await query({
    text: `
      insert into schedule (server_id, hostname, due_at)
      select id, hostname, date_trunc('milliseconds', now()) + $3 * random() * interval '1 day'
      from unnest($1::bigint[], $2::text[]) as added (id, hostname)`,
    values: [servers.map(({ id }) => id), servers.map(({ hostname }) => hostname), due === "now" ? 0 : 1],
  });
  // A statement of its own: only now are servers visible that another transaction added while we waited for it.
  const rows = await query({
    text: `
      insert into server_names (key, server_id, condition, contact_text)
      select heard.key, servers.id, schedule.condition,
        coalesce((select contact_text from server_names as known where known.server_id = servers.id limit 1), '')
      from unnest($1::text[], $2::text[]) as heard (key, hostname) join servers using (hostname)
        join schedule on schedule.server_id = servers.id
      order by heard.key
      on conflict (key) do nothing returning key`,
    values: [keys, keys.map((key) => names.get(key))],
  });
  const added = z
    .array(z.object({ key: serverKeySchema }))
    .parse(rows)
    .map(({ key }) => key);
  await noteOtherNames(query, names, added);
  await scheduleDiscoveries(query, keys);
  const firstHeard = await noteSource(query, keys, source);
  const counted = unprobed.tallyKeys.map((key) => [key, servers.length] as const);
  await appendToFeed(query, new Map([...counted, ["names", added.length], [toSourceTally(source), firstHeard]]), []);
  return { added: added.length, known: keys.length - added.length, optedOut, heldBack };
}

/** Gives added names what is searched by the names that their servers had, and notes which servers have names to look for at a claim. */
async function noteOtherNames(
  query: Query,
  names: ReadonlyMap<ServerKey, Hostname>,
  added: readonly ServerKey[],
): Promise<void> {
  const hostnames = added.flatMap((key) => {
    const hostname = names.get(key);
    return hostname === undefined || String(hostname) === String(key) ? [] : [hostname];
  });
  await query({
    text: `
      insert into name_roles (role, key, server_id, changed_at)
      select distinct role, added.key, server_id, changed_at
      from server_names as added join name_roles using (server_id) where added.key = any($1)
      on conflict do nothing`,
    values: [added],
  });
  if (hostnames.length === 0) return;
  const serverIds = await findServerIds(query, hostnames);
  await lockHeld(query, serverIds);
  await query({
    text: "update schedule set has_other_names = true where server_id = any($1) and not has_other_names",
    values: [serverIds],
  });
}

/** Notes that a source told of these names, which must be sorted; answers for how many it is the first time. */
async function noteSource(query: Query, keys: readonly ServerKey[], source: string): Promise<number> {
  const noted = await query({
    text: `
      insert into name_sources (key, source)
      select key, $2 from unnest($1::text[]) as heard (key)
      on conflict (key, source) do update set last_heard_at = excluded.last_heard_at
        where name_sources.last_heard_at < excluded.last_heard_at - interval '1 hour'
      returning heard_at = last_heard_at as first`,
    values: [keys, source],
  });
  return z
    .array(z.object({ first: z.boolean() }))
    .parse(noted)
    .filter(({ first }) => first).length;
}

async function previewCandidates(
  connection: Connection,
  names: ReadonlyMap<ServerKey, Hostname>,
): Promise<AddedCandidates> {
  const out = await findOptedOut(connection.query, [...new Set(names.values())]);
  const optedOut = [...names].filter(([, hostname]) => out.has(hostname)).map(([key]) => key);
  const keys = [...names].filter(([, hostname]) => !out.has(hostname)).map(([key]) => key);
  const known = await connection.query({ text: "select from server_names where key = any($1)", values: [keys] });
  return { added: keys.length - known.length, known: known.length, optedOut, heldBack: [] };
}

const refusalSchema = z.object({ opted_out: z.boolean(), seconds_left: z.number().nullable() });

async function askForProbe(connection: Connection, name: ServerKey, cooloffMs: number): Promise<ProbeRequest> {
  // The condition is part of the update, so that of two wishes at the same moment only one is accepted.
  const accepted = await connection.query({
    text: `
      update schedule set due_at = date_trunc('milliseconds', now()), asked_at = now(), version = version + 1
      where server_id = (select server_id from server_names where key = $1) and due_at is not null
        and coalesce(greatest(asked_at, last_probed_at) + $2 * interval '1 millisecond' <= now(), true)
      returning 1`,
    values: [name, cooloffMs],
  });
  if (accepted.length > 0) return { kind: "accepted" };
  const rows = await connection.query({
    text: `
      select key as row_id, due_at is null as opted_out,
        extract(epoch from greatest(asked_at, last_probed_at) + $2 * interval '1 millisecond' - now())::float8 as seconds_left
      from server_names join schedule using (server_id) where key = $1`,
    values: [name, cooloffMs],
  });
  const [refusal] = connection.parseRows("schedule", refusalSchema, rows);
  if (refusal === undefined) return { kind: "unknown-name" };
  if (refusal.opted_out) return { kind: "opted-out" };
  return { kind: "cooling-off", secondsLeft: Math.max(1, Math.ceil(refusal.seconds_left ?? 0)) };
}
