import type { Listing } from "@switchboard/domain";
import { z } from "zod";
import { PUBLISHED_COLUMNS, toPublished } from "./server-state-row.ts";
import {
  conditionSchema,
  deliverySchema,
  findingsSchema,
  hostnameSchema,
  instantSchema,
  serverKeySchema,
} from "./stored-json.ts";

export const LISTING_SOURCE = `
  server_names
  join servers on servers.id = server_names.server_id
  join schedule on schedule.server_id = servers.id
  left join revisions on revisions.server_id = servers.id and revisions.n = schedule.revision
  left join deliveries on deliveries.server_id = servers.id
  left join discoveries on discoveries.key = server_names.key and discoveries.last_tried_at is not null`;

export const LISTING_COLUMNS = `
  server_names.key as row_id, server_names.key, server_names.first_seen_at, servers.hostname,
  schedule.revision, revisions.fingerprint, revisions.document, schedule.verdict, schedule.findings,
  schedule.rules_version, schedule.published_since, schedule.condition, schedule.condition_reason,
  schedule.condition_since, schedule.answer_findings, servers.withdrawn_at, servers.last_changed_at,
  servers.opted_out_at is not null as opted_out, schedule.absent_since, schedule.last_probed_at,
  schedule.last_confirmed_at, schedule.due_at, schedule.version, deliveries.delivery,
  discoveries.software_name, discoveries.software_version, discoveries.software_since, discoveries.online_since,
  discoveries.last_answered_at, discoveries.last_tried_at, discoveries.failure`;

const rowSchema = z.object({
  ...PUBLISHED_COLUMNS,
  key: serverKeySchema,
  first_seen_at: instantSchema,
  hostname: hostnameSchema,
  revision: z.int().nullable(),
  condition: conditionSchema,
  condition_reason: z.string().nullable(),
  condition_since: instantSchema.nullable(),
  answer_findings: findingsSchema,
  withdrawn_at: instantSchema.nullable(),
  last_changed_at: instantSchema.nullable(),
  opted_out: z.boolean(),
  absent_since: instantSchema.nullable(),
  last_probed_at: instantSchema.nullable(),
  last_confirmed_at: instantSchema.nullable(),
  due_at: instantSchema.nullable(),
  version: z.int(),
  delivery: deliverySchema.nullable(),
  software_name: z.string().nullable(),
  software_version: z.string().nullable(),
  software_since: instantSchema.nullable(),
  online_since: instantSchema.nullable(),
  last_answered_at: instantSchema.nullable(),
  last_tried_at: instantSchema.nullable(),
  failure: z.string().nullable(),
});

/** A row of LISTING_COLUMNS as the domain's listing. */
export const listingSchema = z.compile(
  rowSchema.transform((row, context): Listing => {
    const { revision } = row;
    const published = toPublished(row, context);
    return {
      serverName: row.key,
      hostname: row.hostname,
      published: published === null || revision === null ? null : { ...published, revision },
      condition: row.condition,
      conditionReason: row.condition_reason,
      conditionSince: row.condition_since,
      answerFindings: row.answer_findings,
      withdrawnAt: row.withdrawn_at,
      absentSince: row.absent_since,
      firstSeenAt: row.first_seen_at,
      lastProbedAt: row.last_probed_at,
      lastConfirmedAt: row.last_confirmed_at,
      lastChangedAt: row.last_changed_at,
      dueAt: row.due_at,
      optedOut: row.opted_out,
      delivery: row.delivery,
      discovery: toDiscovery(row),
      version: row.version,
    };
  }),
);

function toDiscovery(row: z.infer<typeof rowSchema>): Listing["discovery"] {
  if (row.last_tried_at === null) return null;
  return {
    software: row.software_name === null ? null : { name: row.software_name, version: row.software_version },
    softwareSince: row.software_since,
    onlineSince: row.online_since,
    lastAnsweredAt: row.last_answered_at,
    lastTriedAt: row.last_tried_at,
    failure: row.failure,
  };
}
