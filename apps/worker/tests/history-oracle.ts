import { isDeepStrictEqual } from "node:util";
import { type Change, diffDocuments, REVISIT_POLICY } from "@switchboard/domain";
import type { SimulatedServer } from "@switchboard/simulator";
import type { ChangeRow, History, HostRow, RevisionRow, SpanRow } from "./history-rows.ts";

/** The federation as it was one time that all of it was due. Moments are milliseconds since 1970. */
export type Visit = {
  readonly servers: readonly SimulatedServer[];
  /** It was due from here on; until the next visit was, or the history was read. */
  readonly since: number;
};

/**
 * What must have happened, the first visit first. However the crawl was broken on the way, each name has exactly one probe
 * for each of them, between the moment it was due and the next.
 */
export type Visits = readonly Visit[];

/** By how much probes may be dated off: as much as a worker's clock was wrong. */
export type Dating = { readonly earlyMs: number; readonly lateMs: number };
const RIGHT_CLOCK: Dating = { earlyMs: 0, lateMs: 0 };

/** Answers what breaks the law, in words that name the host; nothing where it holds. */
type Law = (history: History, visits: Visits, dating: Dating) => readonly string[];

/**
 * The laws that hold whatever breaks, by name. No history here is long enough for a withdrawal, which takes a day, and no
 * document is delivered worse than the time before: neither is foreseen.
 */
export const LAWS = {
  "every due name was probed, and no name twice": findWrongProbeCounts,
  "every probe is dated in its window": findProbesOutsideTheirWindow,
  "every name comes due again as the policy says": findWrongDueTimes,
  "spans tell the truth": findFalseSpans,
  "servers are listed as they are": findFalseListings,
  "spans are contiguous": findBrokenSpans,
  "servers say what their last span says": findStrayServers,
  "no revision was lost": findLostRevisions,
  "changes are those between the spans, each once": findWrongChanges,
  "no lease is left behind": findLeftLeases,
  "projections equal a rebuild": findStaleProjections,
  "the feed is every change, in order": findSkippedChanges,
} as const satisfies Record<string, Law>;

export type LawName = keyof typeof LAWS;

/** Everything in a history that breaks a law, by the law's name: `{}` is an honest history. */
export function judgeHistory(
  history: History,
  visits: Visits,
  dating: Dating = RIGHT_CLOCK,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(LAWS)
      .map(([name, law]: [string, Law]) => [name, law(history, visits, dating)] as const)
      .filter(([, broken]) => broken.length > 0),
  );
}

function findWrongProbeCounts({ hosts, spans }: History, visits: Visits): readonly string[] {
  const known = new Map(hosts.map((host) => [host.hostname, host]));
  return expectedHostnames(visits).flatMap((hostname) => {
    const host = known.get(hostname);
    if (host === undefined) return [`${hostname} is not in the directory`];
    const due = visitsOf(visits, host).length;
    const probes = spansOf(spans, host).reduce((sum, { count }) => sum + count, 0);
    const late = host.isDue ? [`${hostname} is still due`] : [];
    return probes === due ? late : [...late, `${hostname} was due ${due} times and has ${probes} probes`];
  });
}

/** The first and the last probe of each span: between them there is nothing to date. */
function findProbesOutsideTheirWindow(
  { hosts, spans, readAt }: History,
  visits: Visits,
  { earlyMs, lateMs }: Dating,
): readonly string[] {
  return hosts.flatMap((host) => {
    const windows = visits
      .map(({ since, servers }, n) => ({ since, until: visits[n + 1]?.since ?? readAt, servers }))
      .filter(({ servers }) => servers.some(({ hostname }) => hostname === host.hostname));
    let probes = 0;
    return spansOf(spans, host).flatMap(({ n, firstAt, lastAt, count }) => {
      const [first, last] = [windows[probes], windows[probes + count - 1]];
      probes += count;
      // Probes for which there was no visit break another law.
      const ends = [[firstAt, first] as const, [lastAt, last] as const].filter(
        ([at, window]) => window !== undefined && (at < window.since - earlyMs || at > window.until + lateMs),
      );
      return ends.map(
        ([at, window]) =>
          `span ${n} of ${host.hostname} has a probe at ${at}, due between ${window?.since} and ${window?.until}`,
      );
    });
  });
}

function findWrongDueTimes({ hosts, readAt }: History, visits: Visits): readonly string[] {
  const { floorMs, capMs } = REVISIT_POLICY;
  return hosts.flatMap((host) => {
    const since = visitsOf(visits, host).at(-1)?.since;
    const { hostname, dueAt } = host;
    if (since === undefined) return [];
    if (dueAt === null) return [`${hostname} never comes due`];
    return dueAt >= since + floorMs && dueAt <= readAt + capMs ? [] : [`${hostname} comes due again at ${dueAt}`];
  });
}

/** A span as the simulator's truth has it. */
type TrueSpan = { readonly kind: string; readonly count: number; readonly reasons: Readonly<Record<string, number>> };

function findFalseSpans({ hosts, spans }: History, visits: Visits): readonly string[] {
  return hosts.flatMap((host) => {
    const expected = toTrueSpans(
      visits.flatMap(({ servers }) => servers.filter(({ hostname }) => hostname === host.hostname)),
    );
    const found = spansOf(spans, host).map(({ kind, count, reasons }) => ({ kind, count, reasons }));
    if (isDeepStrictEqual(found, expected)) return [];
    return [`${host.hostname} has the spans ${JSON.stringify(found)}, in truth ${JSON.stringify(expected)}`];
  });
}

function toTrueSpans(seen: readonly SimulatedServer[]): readonly TrueSpan[] {
  const spans: (TrueSpan & { readonly content: string | null })[] = [];
  for (const { truth, behaviour } of seen) {
    if (truth === null) throw new Error("the oracle needs servers whose truth is known");
    const content = behaviour.family === "document" ? behaviour.document : null;
    const last = spans.at(-1);
    const goesOn = last !== undefined && last.kind === truth.kind && last.content === content;
    const before = goesOn ? last : { kind: truth.kind, content, count: 0, reasons: {} };
    const reasons: Readonly<Record<string, number>> = before.reasons;
    const reason = "reason" in truth ? { [truth.reason]: (reasons[truth.reason] ?? 0) + 1 } : {};
    if (goesOn) spans.pop();
    spans.push({ ...before, count: before.count + 1, reasons: { ...reasons, ...reason } });
  }
  return spans.map(({ kind, count, reasons }) => ({ kind, count, reasons }));
}

/** By the latest visit of each, a document by its verdict. */
function findFalseListings({ hosts }: History, visits: Visits): readonly string[] {
  const latest = new Map(visits.flatMap(({ servers }) => servers.map(({ hostname, truth }) => [hostname, truth])));
  return hosts.flatMap(({ hostname, condition, verdict }) => {
    const truth = latest.get(hostname);
    if (truth == null) return [];
    const found = truth.kind === "document" ? { kind: condition, verdict } : { kind: condition };
    const { kind } = truth;
    const expected = truth.kind === "document" ? { kind, verdict: truth.verdict } : { kind };
    if (isDeepStrictEqual(found, expected)) return [];
    return [`${hostname} is listed as ${JSON.stringify(found)}, in truth ${JSON.stringify(expected)}`];
  });
}

function findBrokenSpans({ hosts, spans }: History): readonly string[] {
  return hosts.flatMap((host) =>
    spansOf(spans, host).flatMap((span, place, own) => {
      const before = own[place - 1];
      const name = `span ${span.n} of ${host.hostname}`;
      const reasons = Object.values(span.reasons).reduce((sum, count) => sum + count, 0);
      const hasReasons = span.kind !== "document" && span.kind !== "absent";
      return [
        span.n === place + 1 ? null : `${name} stands at place ${place + 1}`,
        span.firstAt <= span.lastAt ? null : `${name} ends before it begins`,
        before === undefined || before.lastAt <= span.firstAt ? null : `${name} begins before the last one ends`,
        before === undefined || before.kind !== span.kind || before.revision !== span.revision
          ? null
          : `${name} is as the one before it`,
        span.count >= 1 ? null : `${name} counts ${span.count} probes`,
        reasons === (hasReasons ? span.count : 0) ? null : `${name} counts ${reasons} reasons, ${span.count} probes`,
      ].filter((problem) => problem !== null);
    }),
  );
}

function findStrayServers({ hosts, spans, revisions }: History): readonly string[] {
  return hosts.flatMap((host) => {
    const own = spansOf(spans, host);
    const last = own.at(-1);
    if (last === undefined) return [];
    const published = own.findLast(({ kind }) => kind === "document")?.revision ?? null;
    const { hostname } = host;
    return [
      // The last span is kept as the server's condition: its kind, its beginning and its end cannot differ from that.
      host.span === last.n ? null : `${hostname} is in span ${host.span}, its last is ${last.n}`,
      host.revision === published ? null : `${hostname} publishes revision ${host.revision}, last seen ${published}`,
      published === null || revisions.some(({ serverId, n }) => serverId === host.id && n === published)
        ? null
        : `${hostname} publishes a revision that is gone`,
    ].filter((problem) => problem !== null);
  });
}

function findLostRevisions({ hosts, spans, revisions }: History): readonly string[] {
  return hosts.flatMap((host) => {
    const seen = new Set(spansOf(spans, host).flatMap(({ revision }) => (revision === null ? [] : [revision])));
    const kept = revisions.filter(({ serverId }) => serverId === host.id);
    const numbers = new Set(kept.map(({ n }) => n));
    const lost = [...seen.difference(numbers)].map((n) => `revision ${n} of ${host.hostname} was seen and is not kept`);
    const strange = [...numbers.difference(seen)].map((n) => `revision ${n} of ${host.hostname} was never seen`);
    const gaps = kept
      .filter(({ n }, place) => n !== place + 1)
      .map(({ n }, place) => `revision ${n} of ${host.hostname} stands at place ${place + 1}`);
    return [...lost, ...strange, ...gaps];
  });
}

function findWrongChanges({ hosts, spans, revisions, changes }: History): readonly string[] {
  return hosts.flatMap((host) => {
    const expected = changesBetween(
      spansOf(spans, host),
      revisions.filter(({ serverId }) => serverId === host.id),
    );
    const found = changes.filter(({ serverId }) => serverId === host.id).map(({ detail }) => detail);
    if (isDeepStrictEqual(found, expected)) return misdated(host, spans, changes);
    return [`${host.hostname} has the changes ${kindsOf(found)}, between its spans are ${kindsOf(expected)}`];
  });
}

/** Every change happened when one of the host's spans began. */
function misdated(host: HostRow, spans: readonly SpanRow[], changes: readonly ChangeRow[]): readonly string[] {
  const beginnings = new Set(spansOf(spans, host).map(({ firstAt }) => firstAt));
  return changes
    .filter(({ serverId, at }) => serverId === host.id && !beginnings.has(at))
    .map(({ seq }) => `change ${seq} of ${host.hostname} is dated when no span began`);
}

/** The changes that spans and revisions tell of, reached without the decisions that wrote them. */
function changesBetween(spans: readonly SpanRow[], revisions: readonly RevisionRow[]): readonly Change[] {
  let published: RevisionRow | null = null;
  let from: SpanRow | null = null;
  const changes: Change[] = [];
  for (const span of spans) {
    const revision = revisions.find(({ n }) => n === span.revision) ?? null;
    if (revision !== null && revision.n !== published?.n) {
      changes.push(...diffDocuments(published?.document ?? null, revision.document));
      if (published !== null && published.verdict !== revision.verdict) {
        changes.push({ kind: "verdict-changed", before: published.verdict, after: revision.verdict, cause: "server" });
      }
    }
    if (from !== null) changes.push(...conditionChange(from, span, published));
    published = revision ?? published;
    from = span;
  }
  return changes;
}

function conditionChange(from: SpanRow, to: SpanRow, published: RevisionRow | null): readonly Change[] {
  const recovered: readonly Change[] = from.kind === "document" ? [] : [{ kind: "recovered", from: from.kind }];
  const [reason = "none"] = Object.keys(to.reasons);
  if (from.kind === to.kind) return [];
  switch (to.kind) {
    case "unreachable":
      return [{ kind: "became-unreachable", reason }];
    case "refused":
      return [{ kind: "became-refused", reason }];
    case "unusable":
      return [{ kind: "became-unusable", reason }];
    case "absent":
      return published === null ? recovered : [{ kind: "became-absent" }];
    case "document":
      return from.kind === "absent" && published === null ? [] : recovered;
  }
}

function findLeftLeases({ hosts }: History): readonly string[] {
  return hosts.filter(({ isLent }) => isLent).map(({ hostname }) => `${hostname} is still lent out`);
}

function findStaleProjections({ projections, rebuilt }: History): readonly string[] {
  const [kept, anew] = [new Set(projections), new Set(rebuilt)];
  return [
    ...[...kept.difference(anew)].map((line) => `a rebuild does not make: ${line}`),
    ...[...anew.difference(kept)].map((line) => `a rebuild makes: ${line}`),
    ...(projections.length === kept.size ? [] : ["projections hold the same row twice"]),
  ];
}

function findSkippedChanges({ changes, feed }: History): readonly string[] {
  const all = changes.map(({ seq }) => seq);
  if (isDeepStrictEqual(feed, all)) return [];
  return [`a reader of the feed gets ${JSON.stringify(feed)} of ${JSON.stringify(all)}`];
}

function spansOf(spans: readonly SpanRow[], { id }: HostRow): readonly SpanRow[] {
  return spans.filter(({ serverId }) => serverId === id);
}

/** The times that a host was due. */
function visitsOf(visits: Visits, host: HostRow): Visits {
  return visits.filter(({ servers }) => servers.some(({ hostname }) => hostname === host.hostname));
}

function expectedHostnames(visits: Visits): readonly string[] {
  return [...new Set(visits.flatMap(({ servers }) => servers.map(({ hostname }) => hostname)))];
}

function kindsOf(changes: readonly Change[]): string {
  return JSON.stringify(changes.map(({ kind }) => kind));
}
