import type { Condition, Finding, Hostname, Instant, OutcomeKind, Verdict } from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query } from "./connection.ts";
import {
  conditionSchema,
  findingsSchema,
  hostnameSchema,
  instantSchema,
  outcomeKindSchema,
  verdictSchema,
} from "./stored-json.ts";

/** What a writer needs to know of a server whose row it has locked. */
export type HeldServer = {
  readonly id: number;
  readonly hostname: Hostname;
  readonly condition: Condition;
  readonly conditionReason: string | null;
  /** Of the published revision; null where nothing is published. */
  readonly revision: number | null;
  readonly fingerprint: string | null;
  readonly verdict: Verdict | null;
  readonly findings: readonly Finding[];
  readonly rulesVersion: number | null;
  readonly withdrawnAt: Instant | null;
  readonly lastChangedAt: Instant | null;
  readonly tallyKeys: readonly string[];
  /** The present span, whose kind is the condition; null before the first probe. */
  readonly span: number | null;
  readonly spanKind: OutcomeKind | null;
  readonly spanFingerprint: string | null;
};

/** Locks the schedule rows of these servers until the transaction ends, in their order so that writers never deadlock. */
export async function lockHeld(query: Query, serverIds: readonly number[]): Promise<void> {
  await query({
    name: "lock-held",
    text: "select from schedule where server_id = any($1::bigint[]) order by server_id for update",
    values: [serverIds],
  });
}

/** The servers of these hostnames, those that are known. */
export async function findServerIds(query: Query, hostnames: readonly Hostname[]): Promise<readonly number[]> {
  const rows = await query({ text: "select id from servers where hostname = any($1)", values: [hostnames] });
  return z
    .array(z.object({ id: z.int() }))
    .parse(rows)
    .map(({ id }) => id);
}

const heldSchema = z.compile(
  z
    .object({
      id: z.int(),
      hostname: hostnameSchema,
      condition: conditionSchema,
      condition_reason: z.string().nullable(),
      revision: z.int().nullable(),
      fingerprint: z.string().nullable(),
      verdict: verdictSchema.nullable(),
      findings: findingsSchema,
      rules_version: z.int().nullable(),
      withdrawn_at: instantSchema.nullable(),
      last_changed_at: instantSchema.nullable(),
      tally_keys: z.array(z.string()),
      span: z.int().nullable(),
      span_kind: outcomeKindSchema.nullable(),
      span_fingerprint: z.string().nullable(),
    })
    .transform(
      ({
        condition_reason,
        rules_version,
        withdrawn_at,
        last_changed_at,
        tally_keys,
        span_kind,
        span_fingerprint,
        ...row
      }): HeldServer => ({
        ...row,
        conditionReason: condition_reason,
        rulesVersion: rules_version,
        withdrawnAt: withdrawn_at,
        lastChangedAt: last_changed_at,
        tallyKeys: tally_keys,
        spanKind: span_kind,
        spanFingerprint: span_fingerprint,
      }),
    ),
);

/** Reads locked servers. A statement after the lock's: what another writer committed while we waited must be seen. */
export async function readHeld(
  connection: Connection,
  query: Query,
  serverIds: readonly number[],
): Promise<ReadonlyMap<number, HeldServer>> {
  const rows = await query({
    name: "read-held",
    text: `
      select servers.id, servers.hostname as row_id, servers.hostname, schedule.condition,
        schedule.condition_reason, schedule.revision, published.fingerprint,
        schedule.verdict, schedule.findings, schedule.rules_version, servers.withdrawn_at, servers.last_changed_at,
        servers.tally_keys, schedule.span, case when schedule.span is not null then schedule.condition end as span_kind,
        case
          when schedule.span_revision = schedule.revision then published.fingerprint
          when schedule.span_revision is not null then
            (select fingerprint from revisions where revisions.server_id = servers.id and revisions.n = schedule.span_revision)
        end as span_fingerprint
      from servers
      join schedule on schedule.server_id = servers.id
      left join lateral (
        select fingerprint from revisions
        where schedule.revision is not null and revisions.server_id = servers.id and revisions.n = schedule.revision offset 0
      ) as published on true
      where servers.id = any($1::bigint[])`,
    values: [serverIds],
  });
  return new Map(connection.parseRows("servers", heldSchema, rows).map((held) => [held.id, held]));
}
