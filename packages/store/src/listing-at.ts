import {
  type ChangeKind,
  CONDITION_CHANGE_KINDS,
  type Instant,
  type Listing,
  type ServerKey,
  toInstant,
} from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { toTimestamp } from "./moment.ts";
import { findSoftwareAt, type SoftwareSpan } from "./software-history.ts";
import {
  changeKindSchema,
  documentSchema,
  findingsSchema,
  hostnameSchema,
  instantSchema,
  outcomeKindSchema,
  reasonCountsSchema,
  serverKeySchema,
  verdictSchema,
} from "./stored-json.ts";

const nameSchema = z.object({
  id: z.int(),
  key: serverKeySchema,
  hostname: hostnameSchema,
  first_seen_at: instantSchema,
  opted_out: z.boolean(),
  version: z.int(),
});
const spanSchema = z.object({
  kind: outcomeKindSchema,
  revision: z.int().nullable(),
  first_at: instantSchema,
  last_at: instantSchema,
  count: z.int(),
  reasons: reasonCountsSchema,
});
type PastSpan = z.infer<typeof spanSchema>;
const changeSchema = z.object({ kind: changeKindSchema, at: instantSchema });
const revisionSchema = z.object({
  fingerprint: z.string(),
  document: documentSchema,
  verdict: verdictSchema,
  findings: findingsSchema,
  rules_version: z.int(),
});

/** See `Listings.findListingAt`. */
export async function findListingAt(connection: Connection, name: ServerKey, at: Instant): Promise<Listing | null> {
  const found = await connection.query({
    text: `
      select key as row_id, id, key, servers.hostname, first_seen_at, opted_out_at is not null as opted_out, version
      from server_names join servers on id = server_id join schedule using (server_id)
      where key = $1 and first_seen_at <= $2`,
    values: [name, toTimestamp(at)],
  });
  const [server] = connection.parseRows("server_names", nameSchema, found);
  if (server === undefined) return null;
  const spans = await readSpans(connection, server.id, at);
  const changes = await readContentChanges(connection, server.id, at);
  const past = reconstruct(spans, changes, at);
  const content = past.published === null ? null : await readRevision(connection, server.id, past.published.revision);
  const { kind, first_at, reasons } = spans.at(-1) ?? { kind: "unprobed", first_at: null, reasons: {} };
  const software = await findSoftwareAt(connection, name, at);
  const [reason, ...otherReasons] = Object.keys(reasons);
  return {
    serverName: server.key,
    hostname: server.hostname,
    published: past.published === null || content === null ? null : { ...content, ...past.published },
    condition: kind,
    // Inside a span only the counts by reason are kept: with several, which was the last is not known.
    conditionReason: reason !== undefined && otherReasons.length === 0 ? reason : null,
    conditionSince: first_at,
    answerFindings: [],
    withdrawnAt: past.withdrawnAt,
    absentSince: past.absentSince,
    firstSeenAt: server.first_seen_at,
    lastProbedAt: past.lastProbedAt,
    lastConfirmedAt: past.lastConfirmedAt,
    lastChangedAt: changes.at(-1)?.at ?? null,
    dueAt: null,
    optedOut: server.opted_out,
    delivery: null,
    discovery: software === null ? null : toPastDiscovery(software),
    version: server.version,
  };
}

/** Of the past only the software itself is kept, not which visits were answered. */
function toPastDiscovery({ name, version, firstAt }: SoftwareSpan): Listing["discovery"] {
  const unknown = { onlineSince: null, lastAnsweredAt: null, lastTriedAt: null, failure: null };
  return { software: { name, version }, softwareSince: firstAt, ...unknown };
}

async function readSpans(connection: Connection, serverId: number, at: Instant): Promise<readonly PastSpan[]> {
  const rows = await connection.query({
    text: `
      select server_id || '/' || n as row_id, kind, revision, first_at, last_at, count, reasons
      from spans where server_id = $1 and first_at <= $2 order by n`,
    values: [serverId, toTimestamp(at)],
  });
  return connection.parseRows("spans", spanSchema, rows);
}

async function readContentChanges(connection: Connection, serverId: number, at: Instant) {
  const rows = await connection.query({
    text: `
      select seq as row_id, kind, at from changes
      where server_id = $1 and at <= $2 and kind <> all($3) order by seq`,
    values: [serverId, toTimestamp(at), CONDITION_CHANGE_KINDS],
  });
  return connection.parseRows("changes", changeSchema, rows);
}

async function readRevision(connection: Connection, serverId: number, n: number) {
  const rows = await connection.query({
    text: `
      select server_id || '/' || n as row_id, fingerprint, document, verdict, findings, rules_version
      from revisions where server_id = $1 and n = $2`,
    values: [serverId, n],
  });
  const [revision] = connection.parseRows("revisions", revisionSchema, rows);
  if (revision === undefined) return null;
  const { rules_version, ...content } = revision;
  return { ...content, rulesVersion: rules_version };
}

type Past = {
  readonly published: { readonly revision: number; readonly since: Instant } | null;
  readonly withdrawnAt: Instant | null;
  readonly absentSince: Instant | null;
  readonly lastProbedAt: Instant | null;
  readonly lastConfirmedAt: Instant | null;
};

/** Walks the spans that began by `at`, with the withdrawals between them, as the decisions did when they were made. */
function reconstruct(
  spans: readonly PastSpan[],
  changes: readonly { kind: ChangeKind; at: Instant }[],
  at: Instant,
): Past {
  let past: Past = { published: null, withdrawnAt: null, absentSince: null, lastProbedAt: null, lastConfirmedAt: null };
  for (const [place, span] of spans.entries()) {
    const lastAt = lastProbeBy(span, at);
    const until = spans[place + 1]?.first_at ?? null;
    const withdrawal = changes.find(
      (change) =>
        change.kind === "document-withdrawn" && change.at >= span.first_at && (until === null || change.at < until),
    );
    past = { ...past, lastProbedAt: lastAt };
    if (span.kind === "document" && span.revision !== null) {
      const since = past.published?.revision === span.revision ? past.published.since : span.first_at;
      const published = { revision: span.revision, since };
      past = { ...past, published, withdrawnAt: null, absentSince: null, lastConfirmedAt: lastAt };
      continue;
    }
    if (withdrawal !== undefined) past = { ...past, published: null, withdrawnAt: withdrawal.at, absentSince: null };
    if (span.kind !== "absent") continue;
    past =
      past.published === null
        ? { ...past, lastConfirmedAt: lastAt }
        : { ...past, absentSince: past.absentSince ?? span.first_at };
  }
  return past;
}

/**
 * When a span's last probe before `at` was. History keeps a span's ends and its count, so inside it this is an estimate:
 * as if the probes had been evenly spaced.
 */
function lastProbeBy(span: PastSpan, at: Instant): Instant {
  if (at >= span.last_at) return span.last_at;
  const interval = span.count > 1 ? (span.last_at - span.first_at) / (span.count - 1) : 0;
  if (interval === 0) return span.first_at;
  return toInstant(Math.round(span.first_at + Math.floor((at - span.first_at) / interval) * interval));
}
