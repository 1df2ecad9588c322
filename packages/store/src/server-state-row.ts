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

/** The columns of the schedule that belong to a server's state. A claim answers them as it takes the lease. */
export const SCHEDULE_COLUMNS = [
  "span",
  "last_probed_at",
  "last_confirmed_at",
  "absent_since",
  "unusable_since",
  "unusable_count",
  "failing_since",
  "failure_count",
  "interval_ms",
] as const;

/**
 * The rest of the state, of the servers and present spans in $1 and $2. The span's fingerprint is nearly always that of
 * the published revision: only otherwise is it looked up.
 */
export const READ_STATES = `
  select servers.id, servers.hostname as row_id, servers.hostname,
    revisions.fingerprint, revisions.document, servers.verdict, servers.findings, servers.rules_version,
    servers.published_since, servers.condition_reason, servers.answer_findings, servers.last_changed_at,
    spans.kind as span_kind, spans.first_at, spans.last_at, spans.count as span_count, spans.reasons,
    case
      when spans.revision = servers.revision then revisions.fingerprint
      when spans.revision is not null then
        (select fingerprint from revisions where revisions.server_id = servers.id and revisions.n = spans.revision)
    end as span_fingerprint,
    deliveries.validator,
    array(select key from server_names where server_id = servers.id order by key) as server_names
  from unnest($1::bigint[], $2::int[]) as claimed (id, span)
    join servers on servers.id = claimed.id
    left join revisions on revisions.server_id = claimed.id and revisions.n = servers.revision
    left join spans on spans.server_id = claimed.id and spans.n = claimed.span
    left join deliveries on deliveries.server_id = claimed.id`;

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

/** A row of READ_STATES joined by the columns of the schedule. */
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
