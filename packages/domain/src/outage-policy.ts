import { type Instant, MINUTE_MS, SECOND_MS } from "./instant.ts";
import type { SpanStep } from "./server-state.ts";

/**
 * How an outage of our own is told from servers that fail (docs/revisit-policy.md, "Our own outages"). Names that were
 * dead before are no evidence of anything; names that answered the last time they were asked are.
 */
export type OutagePolicy = {
  /** So many of the latest probes of names that answered the time before are judged together, none older than `windowMs`. */
  readonly latest: number;
  readonly windowMs: number;
  /** Fewer of them say nothing. */
  readonly least: number;
  /** An outage is suspected where at least this part of them failed. */
  readonly failingShare: number;
  /** It is suspected, too, where so many names that were never probed before met nothing but silence in a row. */
  readonly silentRun: number;
  /** A single failure is believed when so many probes begun after it have ended, and they and as many before it are mostly well. */
  readonly neighbours: number;
  /** Where they are not to be had in this time, witnesses are asked. */
  readonly holdMs: number;
  /** Witnesses asked at once: names whose last outcome was an answer, drawn at random. */
  readonly witnesses: number;
  /** Fewer witnesses than this prove nothing. */
  readonly leastWitnesses: number;
  /** Where at least this part of them answers, the network is well. */
  readonly witnessShare: number;
  /** While an outage lasts, witnesses are asked after this long, then after twice as long each time, up to the longest. */
  readonly firstCheckMs: number;
  readonly longestCheckMs: number;
  /** A failure that is not believed is looked at again after this long. */
  readonly secondLookMs: number;
};

export const OUTAGE_POLICY: OutagePolicy = {
  latest: 200,
  windowMs: 10 * MINUTE_MS,
  least: 20,
  failingShare: 0.5,
  silentRun: 50,
  neighbours: 20,
  holdMs: 2 * SECOND_MS,
  witnesses: 8,
  leastWitnesses: 3,
  witnessShare: 0.5,
  firstCheckMs: 2 * SECOND_MS,
  longestCheckMs: MINUTE_MS,
  secondLookMs: 10 * SECOND_MS,
};

/** What a probe says of the network between us and everybody: whether it failed, and whether nobody at all was heard. */
export type Sighting = {
  readonly begunAt: Instant;
  readonly endedAt: Instant;
  /** What is known of the name from before. */
  readonly before: "answered" | "failed" | "never-probed";
  /** `silence` is a failure in which not even a name server on our way was heard. */
  readonly end: "answer" | "failure" | "silence";
};

/** Where no name server answers, or no network is there to send to, nobody was heard. A name that does not exist was denied by somebody. */
const SILENT_REASONS: ReadonlySet<string> = new Set(["dns-failure", "dns-timeout", "connect-unreachable"]);

/** How a probe ended, by the step it would make in the name's history. */
export function endOf({ kind, reason }: Pick<SpanStep, "kind" | "reason">): Sighting["end"] {
  if (kind === "unreachable") return reason !== null && SILENT_REASONS.has(reason) ? "silence" : "failure";
  // A hijacked resolver sends everybody to one private address; a server does that by itself only rarely.
  return kind === "refused" && reason === "forbidden-address" ? "failure" : "answer";
}

/** What was seen lately, as far as a suspicion depends on it. */
export type OutageEvidence = {
  /** Of names that had answered before: when each probe ended, and whether it failed; the latest last. */
  readonly latest: readonly { readonly endedAt: Instant; readonly failed: boolean }[];
  /** Names in a row that met silence, and since when. */
  readonly silentRun: number;
  readonly silentSince: Instant | null;
};

export const NO_EVIDENCE: OutageEvidence = { latest: [], silentRun: 0, silentSince: null };

/** The evidence with one more sighting. */
export function withSighting(evidence: OutageEvidence, seen: Sighting, policy: OutagePolicy): OutageEvidence {
  const latest =
    seen.before === "answered"
      ? [...evidence.latest.slice(1 - policy.latest), { endedAt: seen.endedAt, failed: seen.end !== "answer" }]
      : evidence.latest;
  return { latest, ...nextSilence(evidence, seen) };
}

function nextSilence(
  { silentRun, silentSince }: OutageEvidence,
  { before, end, begunAt, endedAt }: Sighting,
): Pick<OutageEvidence, "silentRun" | "silentSince"> {
  if (end === "silence") {
    if (before === "failed") return { silentRun, silentSince };
    return { silentRun: silentRun + 1, silentSince: silentSince ?? endedAt };
  }
  // What had begun before the silence may still come to its end, over connections that are there already.
  const isAnOldOne = silentSince !== null && begunAt < silentSince;
  return isAnOldOne ? { silentRun, silentSince } : { silentRun: 0, silentSince: null };
}

/** Why an outage of our own is to be suspected; null where it is not. */
export type OutageSuspicion = "answers-gone" | "nobody-heard";

/** What the evidence says now. */
export function suspectOutage(evidence: OutageEvidence, now: Instant, policy: OutagePolicy): OutageSuspicion | null {
  const latest = evidence.latest.filter(({ endedAt }) => now - endedAt <= policy.windowMs);
  const failed = latest.reduce((sum, one) => sum + (one.failed ? 1 : 0), 0);
  if (latest.length >= policy.least && failed >= latest.length * policy.failingShare) return "answers-gone";
  return evidence.silentRun >= policy.silentRun ? "nobody-heard" : null;
}

/** Whether an outcome must not be recorded before it is clear that it is the server's doing. */
export function isDoubtful({ before, end }: Sighting): boolean {
  return before === "answered" ? end !== "answer" : before === "never-probed" && end === "silence";
}

/** Probes of names that had answered before, around a doubtful one. */
export type Neighbourhood = { readonly seen: number; readonly failed: number };

/** Whether to believe a failure, by those that ended before it and those that began after it. */
export function judgeFailure(
  { earlier, later }: { readonly earlier: Neighbourhood; readonly later: Neighbourhood },
  policy: OutagePolicy,
): "wait" | "believe" | "look-again" {
  if (later.seen < policy.neighbours) return "wait";
  const seen = earlier.seen + 1 + later.seen;
  const failed = earlier.failed + 1 + later.failed;
  return failed < seen * policy.failingShare ? "believe" : "look-again";
}

/** The neighbours before a failure that ends now: the latest of the evidence. */
export function earlierNeighbours({ latest }: OutageEvidence, policy: OutagePolicy): Neighbourhood {
  const near = latest.slice(-policy.neighbours);
  return { seen: near.length, failed: near.filter(({ failed }) => failed).length };
}

/** What witnesses prove: that the network is well, that it is not, or nothing, being too few. */
export function judgeWitnesses(
  { asked, answered }: { readonly asked: number; readonly answered: number },
  policy: OutagePolicy,
): "well" | "ours" | "too-few" {
  if (asked < policy.leastWitnesses) return "too-few";
  return answered >= asked * policy.witnessShare ? "well" : "ours";
}
