import type { ServerState } from "@switchboard/domain";
import { z } from "zod";
import {
  documentSchema,
  findingsSchema,
  hostnameSchema,
  instantSchema,
  outcomeKindSchema,
  reasonCountsSchema,
  serverKeySchema,
  toReasons,
  validatorSchema,
  verdictSchema,
} from "./stored-json.ts";

/** The tables a server's state is put together from. */
export const STATE_SOURCE = `
  servers
  join schedule on schedule.server_id = servers.id
  left join revisions on revisions.server_id = servers.id and revisions.n = servers.revision
  left join spans on spans.server_id = servers.id and spans.n = schedule.span
  left join revisions as seen on seen.server_id = servers.id and seen.n = spans.revision
  left join deliveries on deliveries.server_id = servers.id`;

/** What `serverStateSchema` reads, but for `id` and `server_names`. */
export const STATE_COLUMNS = `
  servers.hostname as row_id, servers.hostname,
  revisions.fingerprint, revisions.document, servers.verdict, servers.findings, servers.rules_version,
  servers.published_since, servers.condition_reason, servers.answer_findings, servers.last_changed_at,
  spans.kind as span_kind, seen.fingerprint as span_fingerprint, spans.first_at, spans.last_at,
  spans.count as span_count, spans.reasons,
  schedule.last_probed_at, schedule.last_confirmed_at, schedule.absent_since, schedule.unusable_since,
  schedule.unusable_count, schedule.failing_since, schedule.failure_count, schedule.interval_ms,
  deliveries.validator`;

const publishedColumnsSchema = z
  .object({
    fingerprint: z.string(),
    document: documentSchema,
    verdict: verdictSchema,
    findings: findingsSchema,
    rules_version: z.int(),
    published_since: instantSchema,
  })
  .transform(({ rules_version, published_since, ...content }) => ({
    ...content,
    rulesVersion: rules_version,
    since: published_since,
  }));
const noColumnsSchema = z
  .object({ fingerprint: z.null(), verdict: z.null(), published_since: z.null() })
  .transform(() => null);

/** The published content out of its columns; null where there is none. Half of one is a bad row. */
export const publishedSchema = z.union([noColumnsSchema, publishedColumnsSchema]);

const spanSchema = z.union([
  z.object({ span_kind: z.null() }).transform(() => null),
  z
    .object({
      span_kind: outcomeKindSchema,
      span_fingerprint: z.string().nullable(),
      first_at: instantSchema,
      last_at: instantSchema,
      span_count: z.int(),
      reasons: reasonCountsSchema,
      condition_reason: z.string().nullable(),
    })
    .transform((row) => ({
      kind: row.span_kind,
      fingerprint: row.span_fingerprint,
      firstAt: row.first_at,
      lastAt: row.last_at,
      count: row.span_count,
      reasons: toReasons(row.reasons, row.condition_reason),
    })),
]);

const clocksSchema = z.object({
  id: z.int(),
  server_names: z.array(serverKeySchema),
  hostname: hostnameSchema,
  answer_findings: findingsSchema,
  last_probed_at: instantSchema.nullable(),
  last_confirmed_at: instantSchema.nullable(),
  last_changed_at: instantSchema.nullable(),
  absent_since: instantSchema.nullable(),
  unusable_since: instantSchema.nullable(),
  unusable_count: z.int(),
  failing_since: instantSchema.nullable(),
  failure_count: z.int(),
  interval_ms: z.number().nullable(),
  validator: validatorSchema.nullable(),
});

/** A row of STATE_COLUMNS with `id` and `server_names`. */
export const serverStateSchema = z
  .unknown()
  .pipe(
    z.preprocess(
      (row) => ({ clocks: row, published: row, span: row }),
      z.object({ clocks: clocksSchema, published: publishedSchema, span: spanSchema }),
    ),
  )
  .transform(({ clocks, published, span }) => ({
    id: clocks.id,
    serverNames: clocks.server_names,
    state: toState(clocks, published, span),
  }));

function toState(
  clocks: z.infer<typeof clocksSchema>,
  published: ServerState["published"],
  span: ServerState["span"],
): ServerState {
  return {
    hostname: clocks.hostname,
    published,
    span,
    answerFindings: clocks.answer_findings,
    lastProbedAt: clocks.last_probed_at,
    lastConfirmedAt: clocks.last_confirmed_at,
    lastChangedAt: clocks.last_changed_at,
    absentSince: clocks.absent_since,
    unusableSince: clocks.unusable_since,
    unusableCount: clocks.unusable_count,
    failingSince: clocks.failing_since,
    failureCount: clocks.failure_count,
    intervalMs: clocks.interval_ms,
    validator: clocks.validator,
  };
}
