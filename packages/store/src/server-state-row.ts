import type { PublishedContent, ServerState } from "@switchboard/domain";
import { z } from "zod";
import {
  conditionSchema,
  documentSchema,
  findingsSchema,
  hostnameSchema,
  instantSchema,
  plainNameOf,
  reasonCountsSchema,
  serverKeySchema,
  toReasons,
  validatorSchema,
  verdictSchema,
} from "./stored-json.ts";

/**
 * What a claim reads of the servers in `leased`, rows of the schedule. Only the published revision is looked for, which a
 * present span of documents has nearly always, and nothing where there is none (`offset 0` keeps the planner from looking
 * first and asking after). The answer is in no order, so that it is read here while Postgres still looks for the rest.
 */
export const READ_STATES = `
  select servers.hostname as row_id, ${moments("leased", "due_at", "lease_until", "last_probed_at", "last_confirmed_at")},
    ${moments("leased", "absent_since", "unusable_since", "failing_since")}, leased.unusable_count, leased.failure_count,
    leased.interval_ms, leased.validator, leased.span_count, leased.span_reasons,
    ${moments("servers", "published_since", "condition_since", "last_changed_at")},
    servers.verdict, servers.findings, servers.rules_version, servers.condition, servers.condition_reason,
    servers.answer_findings, published.fingerprint, published.document,
    case
      when leased.span_revision = servers.revision then published.fingerprint
      when leased.span_revision is not null then
        (select fingerprint from revisions where revisions.server_id = servers.id and revisions.n = leased.span_revision)
    end as span_fingerprint,
    case when leased.has_other_names then
      array(select key from server_names where server_id = servers.id order by key)
    end as server_names
  from leased
    join servers on servers.id = leased.server_id
    left join lateral (
      select fingerprint, document from revisions
      where servers.revision is not null and revisions.server_id = servers.id and revisions.n = servers.revision offset 0
    ) as published on true`;

/** Moments as epoch milliseconds: a number costs Postgres and us a third of what the text of a timestamptz does. */
function moments(table: "leased" | "servers", ...columns: readonly string[]): string {
  return columns.map((name) => `round(date_part('epoch', ${table}.${name}) * 1000) as ${name}`).join(", ");
}

/** The columns of published content: all null where nothing is published. */
export const PUBLISHED_COLUMNS = {
  fingerprint: z.string().nullable(),
  document: documentSchema.nullable(),
  verdict: verdictSchema.nullable(),
  findings: findingsSchema,
  rules_version: z.int().nullable(),
  published_since: instantSchema.nullable(),
};
const publishedColumnsSchema = z.object(PUBLISHED_COLUMNS);

/** The published content out of its columns; null where there is none. Half of one is a bad row: the context is told. */
export function toPublished(
  row: z.infer<typeof publishedColumnsSchema>,
  context: z.RefinementCtx,
): PublishedContent | null {
  const { fingerprint, document, verdict, findings, rules_version, published_since } = row;
  if (fingerprint === null && verdict === null && published_since === null) return null;
  if (
    fingerprint === null ||
    document === null ||
    verdict === null ||
    rules_version === null ||
    published_since === null
  ) {
    context.addIssue({ code: "custom", path: ["published_since"], message: "half of a published content" });
    return z.NEVER;
  }
  return { fingerprint, document, verdict, findings, rulesVersion: rules_version, since: published_since };
}

/** A claimed row. One flat object: every name of a crawl goes through here. */
const stateRowSchema = z.object({
  ...PUBLISHED_COLUMNS,
  row_id: hostnameSchema,
  due_at: instantSchema,
  lease_until: instantSchema,
  /** Null: the hostname alone. */
  server_names: z.array(serverKeySchema).nullable(),
  span_fingerprint: z.string().nullable(),
  span_count: z.int().nullable(),
  span_reasons: reasonCountsSchema.nullable(),
  condition: conditionSchema,
  condition_since: instantSchema.nullable(),
  condition_reason: z.string().nullable(),
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
type StateRow = z.infer<typeof stateRowSchema>;

/** What a claim needs of a server, out of its row. */
export const serverStateSchema = stateRowSchema.transform((row, context) => ({
  dueAt: row.due_at,
  leaseUntil: row.lease_until,
  serverNames: row.server_names ?? [plainNameOf(row.row_id)],
  state: toState(row, toPublished(row, context), toSpan(row, context)),
}));

function toSpan(row: StateRow, context: z.RefinementCtx): ServerState["span"] {
  const { condition, span_fingerprint, condition_since, last_probed_at, span_count, span_reasons } = row;
  if (span_count === null) return null;
  if (condition === "unprobed" || condition_since === null || last_probed_at === null || span_reasons === null) {
    context.addIssue({ code: "custom", path: ["span_count"], message: "half of a span" });
    return z.NEVER;
  }
  return {
    kind: condition,
    fingerprint: span_fingerprint,
    firstAt: condition_since,
    lastAt: last_probed_at,
    count: span_count,
    reasons: toReasons(span_reasons, row.condition_reason),
  };
}

function toState(row: StateRow, published: ServerState["published"], span: ServerState["span"]): ServerState {
  return {
    hostname: row.row_id,
    published,
    span,
    answerFindings: row.answer_findings,
    lastProbedAt: row.last_probed_at,
    lastConfirmedAt: row.last_confirmed_at,
    lastChangedAt: row.last_changed_at,
    absentSince: row.absent_since,
    unusableSince: row.unusable_since,
    unusableCount: row.unusable_count,
    failingSince: row.failing_since,
    failureCount: row.failure_count,
    intervalMs: row.interval_ms,
    validator: row.validator,
  };
}
