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

/** There is more of a server than its row of the schedule. */
const HAS_MORE = "(revision is not null or span_revision is not null or has_other_names)";

/** What a claim reads of a row of the schedule, and whether there is more of the server than this row. */
export const STATE_COLUMNS = `
  hostname as row_id, server_id, ${moments("due_at", "last_probed_at", "last_confirmed_at", "absent_since")},
  ${moments("unusable_since", "failing_since", "condition_since")}, unusable_count, failure_count, interval_ms, validator,
  span_count, span_reasons, condition, condition_reason, answer_findings,
  ${HAS_MORE} as has_more, null as more`;

/** The rest of the servers in `leased`, rows of the schedule: what they publish, which most do not, and names besides the hostname. */
export const READ_MORE = `
  select leased.server_id, ${moments("published_since")}, leased.verdict, leased.findings, leased.rules_version,
    published.fingerprint, published.document,
    case
      when leased.span_revision = leased.revision then published.fingerprint
      when leased.span_revision is not null then
        (select fingerprint from revisions where server_id = leased.server_id and n = leased.span_revision)
    end as span_fingerprint,
    case when leased.has_other_names then
      array(select key from server_names where server_id = leased.server_id order by key)
    end as server_names
  from leased left join revisions as published on published.server_id = leased.server_id and published.n = leased.revision
  where ${HAS_MORE}`;

/** Moments as epoch milliseconds: a number costs Postgres and us a third of what the text of a timestamptz does. */
function moments(...columns: readonly string[]): string {
  return columns.map((name) => `round(date_part('epoch', ${name}) * 1000) as ${name}`).join(", ");
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

const moreSchema = z.object({
  ...PUBLISHED_COLUMNS,
  span_fingerprint: z.string().nullable(),
  /** Null: the hostname alone. */
  server_names: z.array(serverKeySchema).nullable(),
});

/** A claimed row of the schedule, flat but for what most have not: every name of a crawl goes through here. */
const stateRowSchema = z.object({
  row_id: hostnameSchema,
  due_at: instantSchema,
  span_count: z.int().nullable(),
  span_reasons: reasonCountsSchema.nullable(),
  condition: conditionSchema,
  condition_since: instantSchema.nullable(),
  condition_reason: z.string().nullable(),
  answer_findings: findingsSchema,
  last_probed_at: instantSchema.nullable(),
  last_confirmed_at: instantSchema.nullable(),
  absent_since: instantSchema.nullable(),
  unusable_since: instantSchema.nullable(),
  unusable_count: z.int(),
  failing_since: instantSchema.nullable(),
  failure_count: z.int(),
  interval_ms: z.number().nullable(),
  validator: validatorSchema.nullable(),
  // Not optional: an object whose members are all there is made in one go.
  more: moreSchema.nullable(),
});
type StateRow = z.infer<typeof stateRowSchema>;

/** What a claim needs of a server: STATE_COLUMNS, and as `more` READ_MORE, null where there is none. */
export const serverStateSchema = z.compile(
  stateRowSchema.transform((row, context) => ({
    dueAt: row.due_at,
    serverNames: row.more?.server_names ?? [plainNameOf(row.row_id)],
    state: toState(row, row.more === null ? null : toPublished(row.more, context), toSpan(row, context)),
  })),
);

function toSpan(row: StateRow, context: z.RefinementCtx): ServerState["span"] {
  const { condition, condition_since, last_probed_at, span_count, span_reasons } = row;
  if (span_count === null) return null;
  if (condition === "unprobed" || condition_since === null || last_probed_at === null || span_reasons === null) {
    context.addIssue({ code: "custom", path: ["span_count"], message: "half of a span" });
    return z.NEVER;
  }
  return {
    kind: condition,
    fingerprint: row.more?.span_fingerprint ?? null,
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
    absentSince: row.absent_since,
    unusableSince: row.unusable_since,
    unusableCount: row.unusable_count,
    failingSince: row.failing_since,
    failureCount: row.failure_count,
    intervalMs: row.interval_ms,
    validator: row.validator,
  };
}
