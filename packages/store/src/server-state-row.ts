import type { PublishedContent, ServerState } from "@switchboard/domain";
import { z } from "zod";
import type { Row } from "./connection.ts";
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

/** What a claim reads of a row of the schedule. `more` is for what is not in it. */
export const STATE_COLUMNS = `
  hostname as row_id, server_id, ${moments("last_probed_at", "last_confirmed_at", "absent_since")},
  ${moments("unusable_since", "failing_since", "condition_since")}, unusable_count, failure_count, interval_ms, validator,
  span_count, span_reasons, condition, condition_reason, nullif(answer_findings, '[]') as answer_findings,
  revision, span_revision, has_other_names, ${moments("published_since")}, verdict,
  case when revision is not null then findings end as findings, rules_version, null as more`;

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

/** Whether there is no more of a server than this row of the schedule: so it is of most. */
export function isAllThereIs(row: Row): boolean {
  return row["revision"] === null && row["span_revision"] === null && row["has_other_names"] === false;
}

/** Where more of a server is to be looked for than its row of the schedule. */
export const placesSchema = z.compile(
  z.object({
    server_id: z.int(),
    revision: z.int().nullable(),
    span_revision: z.int().nullable(),
    has_other_names: z.boolean(),
  }),
);

/** What is not in a server's row of the schedule. All null: nothing published or seen, and the hostname is its only name. */
const moreSchema = z.object({
  fingerprint: z.string().nullable(),
  document: documentSchema.nullable(),
  span_fingerprint: z.string().nullable(),
  server_names: z.array(serverKeySchema).nullable(),
});
/** The same as it was read, not yet parsed. */
export type StateMore = Readonly<Record<keyof z.infer<typeof moreSchema>, unknown>>;

/** A claimed row of the schedule, flat but for what most have not: every name of a crawl goes through here. */
const stateRowSchema = z.object({
  row_id: hostnameSchema,
  server_id: z.int(),
  span_count: z.int().nullable(),
  span_reasons: reasonCountsSchema.nullable(),
  condition: conditionSchema,
  condition_since: instantSchema.nullable(),
  condition_reason: z.string().nullable(),
  answer_findings: findingsSchema.nullable(),
  published_since: instantSchema.nullable(),
  verdict: verdictSchema.nullable(),
  findings: findingsSchema.nullable(),
  rules_version: z.int().nullable(),
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

/** What a claim needs of a server: STATE_COLUMNS, and `more`, null where there is none. */
export const serverStateSchema = z.compile(
  stateRowSchema.transform((row, context) => ({
    serverId: row.server_id,
    serverNames: row.more?.server_names ?? [plainNameOf(row.row_id)],
    state: toState(row, toPublishedState(row, context), toSpan(row, context)),
  })),
);

function toPublishedState(row: StateRow, context: z.RefinementCtx): ServerState["published"] {
  const { more, findings, verdict, rules_version, published_since } = row;
  if (more === null && published_since === null && verdict === null) return null;
  const { fingerprint, document } = more ?? { fingerprint: null, document: null };
  return toPublished(
    { fingerprint, document, verdict, findings: findings ?? [], rules_version, published_since },
    context,
  );
}

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
    answerFindings: row.answer_findings ?? [],
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
