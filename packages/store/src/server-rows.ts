import type { Delivery, Instant, OutcomeKind, PublishedContent, ServerState } from "@switchboard/domain";
import { toJson } from "./clean-text.ts";
import type { Query } from "./connection.ts";
import { takeOut } from "./leases.ts";
import { fromEpochMs, toEpochMs } from "./moment.ts";
import { toStoredDelivery } from "./stored-json.ts";

/** What one probe writes to its server's own rows. */
export type ServerStep = {
  readonly serverId: number;
  readonly state: ServerState;
  readonly delivery: Delivery;
  /** From now on by Postgres' clock, which judges it: a worker whose clock is years behind must not make a name due for ever. */
  readonly dueInMs: number;
  readonly condition: OutcomeKind;
  readonly reason: string | null;
  readonly conditionSince: Instant;
  readonly published: PublishedContent | null;
  readonly revision: number | null;
  readonly withdrawnAt: Instant | null;
  readonly lastChangedAt: Instant | null;
  readonly span: { readonly action: "open" | "extend"; readonly n: number; readonly revision: number | null };
};

/** A column of the batch: its name, its type in Postgres, and its value for one step as JSON; a moment is epoch milliseconds. */
type Column = readonly [name: string, type: string, read: (step: ServerStep) => unknown];

const COLUMNS: readonly Column[] = [
  ["server_id", "bigint", ({ serverId }) => serverId],
  ["due_in_ms", "double precision", ({ dueInMs }) => dueInMs],
  ["last_probed_at", "timestamptz", ({ state }) => toEpochMs(state.lastProbedAt)],
  ["last_confirmed_at", "timestamptz", ({ state }) => toEpochMs(state.lastConfirmedAt)],
  ["absent_since", "timestamptz", ({ state }) => toEpochMs(state.absentSince)],
  ["unusable_since", "timestamptz", ({ state }) => toEpochMs(state.unusableSince)],
  ["unusable_count", "integer", ({ state }) => state.unusableCount],
  ["failing_since", "timestamptz", ({ state }) => toEpochMs(state.failingSince)],
  ["failure_count", "integer", ({ state }) => state.failureCount],
  ["interval_ms", "double precision", ({ state }) => state.intervalMs],
  ["span", "integer", ({ span }) => span.n],
  ["span_action", "text", ({ span }) => span.action],
  ["span_revision", "integer", ({ span }) => span.revision],
  ["span_count", "integer", ({ state }) => state.span?.count ?? 1],
  ["span_reasons", "jsonb", ({ state }) => state.span?.reasons ?? {}],
  ["delivery", "jsonb", ({ delivery }) => toStoredDelivery(delivery)],
  ["validator", "jsonb", ({ state }) => state.validator],
  ["condition", "text", ({ condition }) => condition],
  ["condition_reason", "text", ({ reason }) => reason],
  ["condition_since", "timestamptz", ({ conditionSince }) => toEpochMs(conditionSince)],
  ["revision", "integer", ({ revision }) => revision],
  ["published_since", "timestamptz", ({ published }) => toEpochMs(published?.since ?? null)],
  ["verdict", "text", ({ published }) => published?.verdict ?? null],
  ["findings", "jsonb", ({ published }) => published?.findings ?? []],
  ["rules_version", "integer", ({ published }) => published?.rulesVersion ?? null],
  ["answer_findings", "jsonb", ({ state }) => state.answerFindings],
  ["withdrawn_at", "timestamptz", ({ withdrawnAt }) => toEpochMs(withdrawnAt)],
  ["last_changed_at", "timestamptz", ({ lastChangedAt }) => toEpochMs(lastChangedAt)],
];

// A batch is one JSON text, which costs the crawl a quarter of what thirty arrays do.
const PROBED = `
    select ${COLUMNS.map(([name, type]) => (type === "timestamptz" ? `${fromEpochMs(name)} as ${name}` : name)).join(", ")}
    from json_to_recordset($1) as batch (${COLUMNS.map(([name, type]) => `${name} ${type === "timestamptz" ? "double precision" : type}`).join(", ")})`;

// One statement for a batch, parsed once: the hot path of a sweep. The seldom-moving row is rewritten only where it differs.
const WRITE_SERVERS = `
  with probed as materialized (${PROBED}
  ), scheduled as (
    update schedule set
      due_at = date_trunc('milliseconds', now()) + due_in_ms * interval '1 millisecond', version = version + 1,
      last_probed_at = probed.last_probed_at, last_confirmed_at = probed.last_confirmed_at,
      absent_since = probed.absent_since, unusable_since = probed.unusable_since,
      unusable_count = probed.unusable_count, failing_since = probed.failing_since,
      failure_count = probed.failure_count, interval_ms = probed.interval_ms, span = probed.span,
      span_revision = probed.span_revision, span_count = probed.span_count, span_reasons = probed.span_reasons,
      validator = probed.validator, condition = probed.condition, condition_reason = probed.condition_reason,
      condition_since = probed.condition_since, answer_findings = probed.answer_findings, revision = probed.revision,
      published_since = probed.published_since, verdict = probed.verdict, findings = probed.findings,
      rules_version = probed.rules_version
    from probed where schedule.server_id = probed.server_id
  ), ended as (
    insert into past_spans (server_id, n, kind, revision, first_at, last_at, count, reasons)
    select server_id, schedule.span, schedule.condition, schedule.span_revision, schedule.condition_since,
      schedule.last_probed_at, schedule.span_count, schedule.span_reasons
    from probed join schedule using (server_id)
    where span_action = 'open' and schedule.span is not null
  ), delivered as (
    insert into deliveries (server_id, delivery)
    select server_id, delivery from probed
    on conflict (server_id) do update set delivery = excluded.delivery
  ), returned as (
    ${takeOut("select server_id from probed", "$2")}
  )
  update servers set withdrawn_at = probed.withdrawn_at, last_changed_at = probed.last_changed_at
  from probed where servers.id = probed.server_id and
    (servers.withdrawn_at, servers.last_changed_at) is distinct from (probed.withdrawn_at, probed.last_changed_at)`;

/** Writes a batch of probes to schedule, past spans, deliveries and servers, and takes these out of the leases, which must be locked. */
export async function writeServers(
  query: Query,
  steps: readonly ServerStep[],
  leases: readonly string[],
): Promise<void> {
  if (steps.length === 0) return;
  await query({ name: "write-servers", text: WRITE_SERVERS, values: [toJson(steps.map(toRow)), leases] });
}

/** What is null is left out: most of a row is. */
function toRow(step: ServerStep): Readonly<Record<string, unknown>> {
  const row: Record<string, unknown> = {};
  for (const [name, , read] of COLUMNS) {
    const value = read(step);
    if (value !== null) row[name] = value;
  }
  return row;
}
