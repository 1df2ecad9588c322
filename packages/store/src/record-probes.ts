import type { Delivery, Hostname, Instant, ProbeDecision } from "@switchboard/domain";
import type { Connection, Query } from "./connection.ts";
import { appendToFeed, moveTallies, type NewChange, type TallyDelta } from "./feed.ts";
import { type HeldServer, readHeld } from "./held-server.ts";
import { type LockedLent, leasesOf, lockLent } from "./leases.ts";
import { numberRevisions } from "./new-revisions.ts";
import { type ProjectionStep, writeProjections } from "./projection-rows.ts";
import { projectServer } from "./server-projection.ts";
import { type ServerStep, writeServers } from "./server-rows.ts";

/** A probe's decision on its way into the directory, with the claim's token that entitles it. */
export type ProbeRecord = {
  readonly hostname: Hostname;
  readonly token: string;
  readonly decision: ProbeDecision;
  readonly delivery: Delivery;
  readonly fetchedAt: Instant;
};

/** `discarded`: records whose token was no longer theirs (or was used already). `changes`: rows added to the change feed. */
export type RecordedProbes = {
  readonly recorded: number;
  readonly discarded: number;
  /** Whose records were discarded, so that a crawl counts only what it wrote. */
  readonly discardedHostnames: readonly Hostname[];
  readonly changes: number;
};

export type ProbeRecords = {
  /** Records a batch in one transaction; repeating it changes nothing (docs/architecture.md, "Crawling"). */
  recordProbes(records: readonly ProbeRecord[]): Promise<RecordedProbes>;
};

export function createProbeRecords(connection: Connection): ProbeRecords {
  return {
    async recordProbes(records) {
      if (records.length === 0) return { recorded: 0, discarded: 0, discardedHostnames: [], changes: 0 };
      return connection.transaction((query) => recordBatch(connection, query, records));
    },
  };
}

/** A record whose token held, with what is stored of its server before it. */
type EntitledRecord = { readonly record: ProbeRecord; readonly lent: LockedLent; readonly before: HeldServer };

async function recordBatch(
  connection: Connection,
  query: Query,
  records: readonly ProbeRecord[],
): Promise<RecordedProbes> {
  const entitled = await findEntitled(connection, query, records);
  const kept = new Set(entitled.map(({ record }) => record));
  const discardedHostnames = records.filter((record) => !kept.delete(record)).map(({ hostname }) => hostname);
  const revisionNumbers = await numberRevisions(query, entitled);
  const delta: TallyDelta = new Map();
  const changes: NewChange[] = [];
  const servers: ServerStep[] = [];
  const projections: ProjectionStep[] = [];
  for (const { record, before } of entitled) {
    const step = toServerStep(record, before, revisionNumbers);
    const projection = projectServer({ ...step, conditionReason: step.reason, standing: "listed" });
    const contacts = contactsAfter(before, step);
    servers.push(step);
    if (contacts !== "unchanged" || !sameKeys(before.tallyKeys, projection.tallyKeys)) {
      projections.push({ serverId: before.id, projection, contacts });
      moveTallies(delta, before.tallyKeys, projection.tallyKeys);
    }
    changes.push(...newChanges(record, before));
  }
  await writeServers(query, servers, leasesOf(entitled.map(({ lent }) => lent)));
  await writeProjections(query, projections);
  await appendToFeed(query, delta, changes);
  return {
    recorded: entitled.length,
    discarded: discardedHostnames.length,
    discardedHostnames,
    changes: changes.length,
  };
}

/** Locks the batch's leases and rows, and keeps the records that are lent by their token still; a hostname twice in a batch counts once. */
async function findEntitled(
  connection: Connection,
  query: Query,
  records: readonly ProbeRecord[],
): Promise<readonly EntitledRecord[]> {
  const own = await lockLent(query, records, "leases and rows");
  if (own.length === 0) return [];
  const held = await readHeld(
    connection,
    query,
    own.map(({ serverId }) => serverId),
  );
  return own.flatMap(({ item: record, ...lent }) => {
    const before = held.get(lent.serverId);
    if (before === undefined) return [];
    const problem = describeMisfit(record, before);
    if (problem === null) return [{ record, lent, before }];
    connection.reportBadRow({ table: "spans", id: record.hostname, problem });
    return [];
  });
}

/** A decision must be about this server, and go on from the span that is stored: anything else would falsify the history. */
function describeMisfit({ hostname, decision: { span } }: ProbeRecord, before: HeldServer): string | null {
  if (hostname !== before.hostname) return "the decision is about another server";
  if (span.action === "open") return null;
  if (before.spanKind === span.kind && before.spanFingerprint === span.fingerprint) return null;
  return `the decision extends a span of ${span.kind}, the present one is of ${before.spanKind ?? "nothing"}`;
}

function toServerStep(
  { decision, delivery, fetchedAt }: ProbeRecord,
  before: HeldServer,
  revisionNumbers: ReadonlyMap<string, number>,
): ServerStep {
  const { state, span, changes, dueAt } = decision;
  const numberOf = (fingerprint: string | null) =>
    fingerprint === null ? null : (revisionNumbers.get(`${before.id} ${fingerprint}`) ?? null);
  const published = keepNewerJudgement(state.published, before);
  const spanNumber = (before.span ?? 0) + (span.action === "open" ? 1 : 0);
  const withdrawn = changes.some((change) => change.kind === "document-withdrawn");
  return {
    serverId: before.id,
    state,
    delivery,
    dueInMs: dueAt - fetchedAt,
    condition: span.kind,
    // An answer that only extends a span may give no reason of its own.
    reason: span.reason,
    conditionSince: state.span?.firstAt ?? fetchedAt,
    published,
    revision: numberOf(published?.fingerprint ?? null),
    withdrawnAt: withdrawn ? fetchedAt : published === null ? before.withdrawnAt : null,
    lastChangedAt: decision.contentChanged ? fetchedAt : before.lastChangedAt,
    span: { action: span.action, n: spanNumber, revision: numberOf(span.fingerprint) },
  };
}

/** While a probe was under way the stored content may have been judged by newer rules: that judgement stays. */
function keepNewerJudgement(published: ProbeDecision["state"]["published"], before: HeldServer) {
  if (published === null || before.fingerprint !== published.fingerprint || before.verdict === null) return published;
  const { verdict, findings, rulesVersion } = before;
  return rulesVersion !== null && rulesVersion > published.rulesVersion
    ? { ...published, verdict, findings, rulesVersion }
    : published;
}

/** A verdict changed by our rules may already be in the feed, told by a re-lint of what is stored. */
function newChanges({ decision, fetchedAt }: ProbeRecord, before: HeldServer): readonly NewChange[] {
  return decision.changes
    .filter(
      (change) => !(change.kind === "verdict-changed" && change.cause === "rules" && change.after === before.verdict),
    )
    .map((change) => ({ serverId: before.id, at: fetchedAt, change }));
}

function contactsAfter(before: HeldServer, { published }: ServerStep): ProjectionStep["contacts"] {
  if (before.fingerprint === (published?.fingerprint ?? null)) return "unchanged";
  return before.fingerprint === null ? "new" : "replaced";
}

function sameKeys(before: readonly string[], after: readonly string[]): boolean {
  return before.length === after.length && before.every((key, place) => key === after[place]);
}
