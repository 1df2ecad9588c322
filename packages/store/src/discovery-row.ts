import type { DiscoveryState, ServerName } from "@switchboard/domain";
import { z } from "zod";
import { instantSchema, serverKeySchema } from "./stored-json.ts";

export const DISCOVERY_COLUMNS = `
  discoveries.key as row_id, discoveries.key, software_name, software_version, software_since, online_since,
  last_answered_at, last_tried_at, failure, failing_since, failure_count, interval_ms, delegated_to,
  delegation_fresh_until`;

const serverNameSchema = z
  .string()
  .min(1)
  .transform((text) => text as ServerName);

/** A row of DISCOVERY_COLUMNS as the domain's state. */
export const discoverySchema = z
  .object({
    key: serverKeySchema,
    software_name: z.string().nullable(),
    software_version: z.string().nullable(),
    software_since: instantSchema.nullable(),
    online_since: instantSchema.nullable(),
    last_answered_at: instantSchema.nullable(),
    last_tried_at: instantSchema.nullable(),
    failure: z.string().nullable(),
    failing_since: instantSchema.nullable(),
    failure_count: z.int(),
    interval_ms: z.number().nullable(),
    delegated_to: serverNameSchema.nullable(),
    delegation_fresh_until: instantSchema.nullable(),
  })
  .transform((row) => {
    const { key, software_name: name, delegated_to: delegatedTo, delegation_fresh_until: freshUntil } = row;
    const state: DiscoveryState = {
      software: name === null ? null : { name, version: row.software_version },
      softwareSince: row.software_since,
      onlineSince: row.online_since,
      lastAnsweredAt: row.last_answered_at,
      lastTriedAt: row.last_tried_at,
      failure: row.failure,
      failingSince: row.failing_since,
      failureCount: row.failure_count,
      intervalMs: row.interval_ms,
      delegation: delegatedTo === null || freshUntil === null ? null : { serverName: delegatedTo, freshUntil },
    };
    return { serverName: key, state };
  });

/** Between the name and the version in a tally's key: neither holds a line's end. */
const VERSION_SEPARATOR = "\n";

/**
 * The tallies that a server name counts in, as DISCOVERY_TALLY_KEYS says in SQL. The software of servers that are not
 * online is not counted: what they ran is no news of today.
 */
export function discoveryTallies({ software, onlineSince, lastTriedAt }: DiscoveryState): readonly string[] {
  if (lastTriedAt === null) return [];
  if (onlineSince === null || software === null) return ["federation:offline"];
  const { name, version } = software;
  return ["federation:online", `software:${name}`, `version:${name}${VERSION_SEPARATOR}${version ?? ""}`];
}

export const DISCOVERY_TALLY_KEYS = `
  case
    when last_tried_at is null then '{}'
    when online_since is null or software_name is null then '{federation:offline}'
    else array['federation:online', 'software:' || software_name,
      'version:' || software_name || E'\\n' || coalesce(software_version, '')]
  end::text[]`;

/** The name and the version of a `version` tally, without its dimension. */
export function parseVersionTally(value: string): { readonly name: string; readonly version: string | null } {
  const [name = "", version = ""] = value.split(VERSION_SEPARATOR);
  return { name, version: version === "" ? null : version };
}
