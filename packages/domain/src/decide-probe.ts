import type { Change, ContentChange } from "./change.ts";
import { diffDocuments } from "./diff-documents.ts";
import type { Validator } from "./fetch-report.ts";
import type { Finding, Verdict } from "./finding.ts";
import { addMs, type Instant, toInstant } from "./instant.ts";
import type { Interpretation } from "./interpret-fetch.ts";
import type { OutcomeKind, ProbeOutcome } from "./probe-outcome.ts";
import { nextDueAt, nextIntervalMs, type RevisitPolicy } from "./revisit-policy.ts";
import type { PublishedContent, ServerState, Span, SpanStep } from "./server-state.ts";
import type { SupportDocument } from "./support-document.ts";

/** A distinct content as it is kept: the bytes as served, and how they were judged. */
export type NewRevision = {
  readonly fingerprint: string;
  readonly raw: Uint8Array;
  readonly document: SupportDocument;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly rulesVersion: number;
};

/** What one probe changes: the state after it, the step of the history, and when to come again. */
export type ProbeDecision = {
  readonly state: ServerState;
  readonly span: SpanStep;
  /** The content seen, where a full document was read; the store keeps it once per fingerprint. */
  readonly revision: NewRevision | null;
  readonly changes: readonly Change[];
  /** Whether one of the changes is of published content. */
  readonly contentChanged: boolean;
  readonly dueAt: Instant;
};

/** An outcome with its 304 resolved into what it confirms. `fresh` is null where the answer only confirmed. */
type Answer =
  | { readonly kind: "document"; readonly content: PublishedContent; readonly fresh: FullDocument | null }
  | { readonly kind: "absent"; readonly fresh: Extract<ProbeOutcome, { kind: "absent" }> | null }
  | {
      readonly kind: "unusable";
      readonly reason: string;
      readonly fresh: Extract<ProbeOutcome, { kind: "unusable" }> | null;
    }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string };
type FullDocument = Extract<ProbeOutcome, { kind: "document" }>;

/**
 * The validator to ask with, or null where a full answer is needed. A 304 can hide for ever what a full answer would show, so
 * one is asked for at least every `unconditionalMs`, which may be now where the next visit would come too late for that. And a
 * 304 is of use only where what it would confirm is still at hand.
 */
export function validatorFor(state: ServerState, now: Instant, policy: RevisitPolicy): Validator | null {
  const { validator } = state;
  if (validator === null || !isAtHand(validator.outcome, state)) return null;
  const next = addMs(now, nextIntervalMs(state.intervalMs, "unchanged", policy));
  if (next - validator.receivedAt > policy.unconditionalMs) return null;
  // A clock that went backwards must not keep a validator alive for ever.
  return validator.receivedAt > now ? null : validator;
}

/** Why an answer was unusable is known from the present run of answers; a failure in between has ended that. */
function isAtHand(outcome: Validator["outcome"], { published, span }: ServerState): boolean {
  if (outcome === "document") return published !== null;
  return outcome === "absent" || span?.kind === "unusable";
}

/**
 * What a probe's meaning changes. Total and pure: only a document, or a withdrawal (an absence confirmed after
 * `absenceConfirmMs`, or enough unusable answers over `unusableConfirmMs`), changes published content; every other
 * outcome changes the condition alone. `jitter` is uniform in [0, 1).
 */
export function decideProbe(probe: {
  state: ServerState;
  interpretation: Omit<Interpretation, "optOut">;
  fetchedAt: Instant;
  policy: RevisitPolicy;
  jitter: number;
}): ProbeDecision {
  const { state, interpretation, fetchedAt, policy } = probe;
  const answer = resolveAnswer(state, interpretation.outcome, fetchedAt);
  const doubts = countDoubts(state, answer, fetchedAt);
  const withdrawn = state.published !== null && isWithdrawal(answer, doubts, fetchedAt, policy);
  const published = answer.kind === "document" ? answer.content : withdrawn ? null : state.published;
  const contentChanges = toContentChanges(state.published, published);
  const conditionChanges = toConditionChanges(state, answer);
  const span = toSpanStep(state.span, answer);
  const failing = answer.kind === "unreachable" || answer.kind === "refused";
  const contentChanged = contentChanges.length > 0;
  const news = span.action === "open" || contentChanged ? "changed" : "unchanged";
  const after: ServerState = {
    hostname: state.hostname,
    published,
    span: moveSpan(state.span, span, fetchedAt),
    answerFindings: nextAnswerFindings(state, answer),
    lastProbedAt: fetchedAt,
    lastConfirmedAt: confirms(answer, published) ? fetchedAt : state.lastConfirmedAt,
    ...(published === null ? NO_DOUBTS : doubts),
    failingSince: failing ? (state.failingSince ?? fetchedAt) : null,
    failureCount: failing ? state.failureCount + 1 : 0,
    intervalMs: failing ? state.intervalMs : nextIntervalMs(state.intervalMs, news, policy),
    validator: nextValidator(state, answer),
  };
  return {
    state: after,
    span,
    revision: answer.kind === "document" && answer.fresh !== null ? toRevision(answer.fresh) : null,
    changes: [...contentChanges, ...verdictChanges(state.published, answer), ...conditionChanges],
    contentChanged,
    dueAt: failing ? dueAfter(after, probe) : inTimeForFullAnswer(dueAfter(after, probe), after, probe),
  };
}

function resolveAnswer(state: ServerState, outcome: ProbeOutcome, fetchedAt: Instant): Answer {
  switch (outcome.kind) {
    case "document":
      return { kind: "document", content: toPublished(state.published, outcome, fetchedAt), fresh: outcome };
    case "absent":
      return { kind: "absent", fresh: outcome };
    case "unusable":
      return { kind: "unusable", reason: outcome.reason, fresh: outcome };
    case "unreachable":
    case "refused":
      return { kind: outcome.kind, reason: outcome.reason };
    case "unchanged": {
      if (outcome.confirms === "absent") return { kind: "absent", fresh: null };
      if (outcome.confirms === "document" && state.published !== null) {
        return { kind: "document", content: state.published, fresh: null };
      }
      // A 304 that confirms a document we do not hold says nothing we could publish.
      const lastReason = outcome.confirms === "unusable" ? lastUnusableReason(state.span) : null;
      return { kind: "unusable", reason: lastReason ?? "unasked-not-modified", fresh: null };
    }
  }
}

function lastUnusableReason(span: Span | null): string | null {
  return span?.kind === "unusable" ? (Object.keys(span.reasons).at(-1) ?? null) : null;
}

function toPublished(before: PublishedContent | null, seen: FullDocument, fetchedAt: Instant): PublishedContent {
  const { fingerprint, document, verdict, findings, rulesVersion } = seen;
  const since = before?.fingerprint === fingerprint ? before.since : fetchedAt;
  return { fingerprint, document, verdict, findings, rulesVersion, since };
}

function toRevision(seen: FullDocument): NewRevision {
  const { fingerprint, raw, document, verdict, findings, rulesVersion } = seen;
  return { fingerprint, raw, document, verdict, findings, rulesVersion };
}

type Doubts = Pick<ServerState, "absentSince" | "unusableSince" | "unusableCount">;
const NO_DOUBTS: Doubts = { absentSince: null, unusableSince: null, unusableCount: 0 };

/** Absences and unusable answers since the last document. Only a document resets them; other outcomes neither count nor reset. */
function countDoubts(state: ServerState, answer: Answer, fetchedAt: Instant): Doubts {
  const { absentSince, unusableSince, unusableCount } = state;
  switch (answer.kind) {
    case "document":
      return NO_DOUBTS;
    case "absent":
      return { absentSince: absentSince ?? fetchedAt, unusableSince, unusableCount };
    case "unusable":
      return { absentSince, unusableSince: unusableSince ?? fetchedAt, unusableCount: unusableCount + 1 };
    case "unreachable":
    case "refused":
      return { absentSince, unusableSince, unusableCount };
  }
}

function isWithdrawal(answer: Answer, doubts: Doubts, fetchedAt: Instant, policy: RevisitPolicy): boolean {
  if (answer.kind === "absent") {
    return doubts.absentSince !== null && fetchedAt - doubts.absentSince >= policy.absenceConfirmMs;
  }
  return (
    answer.kind === "unusable" &&
    doubts.unusableSince !== null &&
    doubts.unusableCount >= policy.unusableConfirmCount &&
    fetchedAt - doubts.unusableSince >= policy.unusableConfirmMs
  );
}

function toContentChanges(before: PublishedContent | null, after: PublishedContent | null): readonly ContentChange[] {
  if (before !== null && after !== null && before.fingerprint === after.fingerprint) return [];
  return diffDocuments(before?.document ?? null, after?.document ?? null);
}

/** The same operator's document, judged otherwise. With the same bytes under newer rules it is our doing, not the server's. */
function verdictChanges(before: PublishedContent | null, answer: Answer): readonly Change[] {
  if (before === null || answer.kind !== "document" || answer.content.verdict === before.verdict) return [];
  const after = answer.content;
  const cause =
    before.fingerprint === after.fingerprint && before.rulesVersion !== after.rulesVersion ? "rules" : "server";
  return [{ kind: "verdict-changed", before: before.verdict, after: after.verdict, cause }];
}

/** A change of condition needs a condition before it: the first probe of a name makes none. */
function toConditionChanges(state: ServerState, answer: Answer): readonly Change[] {
  const from = state.span?.kind ?? null;
  if (from === null || from === answer.kind) return [];
  const recovered: readonly Change[] = from === "document" ? [] : [{ kind: "recovered", from }];
  switch (answer.kind) {
    case "unreachable":
      return [{ kind: "became-unreachable", reason: answer.reason }];
    case "refused":
      return [{ kind: "became-refused", reason: answer.reason }];
    case "unusable":
      return [{ kind: "became-unusable", reason: answer.reason }];
    case "absent":
      return state.published === null ? recovered : [{ kind: "became-absent" }];
    case "document":
      // From a settled absence the news is the document itself; nothing had broken.
      return from === "absent" && state.published === null ? [] : recovered;
  }
}

function toSpanStep(span: Span | null, answer: Answer): SpanStep {
  const kind: OutcomeKind = answer.kind;
  const fingerprint = answer.kind === "document" ? answer.content.fingerprint : null;
  const reason = "reason" in answer ? answer.reason : null;
  const extend = span !== null && span.kind === kind && span.fingerprint === fingerprint;
  return { action: extend ? "extend" : "open", kind, fingerprint, reason };
}

function moveSpan(span: Span | null, step: SpanStep, fetchedAt: Instant): Span {
  const counted = (reasons: Readonly<Record<string, number>>) => {
    if (step.reason === null) return reasons;
    // The latest reason stands last: a 304 that confirms an unusable answer is told with it.
    const { [step.reason]: before = 0, ...others } = reasons;
    return { ...others, [step.reason]: before + 1 };
  };
  if (span === null || step.action === "open") {
    const { kind, fingerprint } = step;
    return { kind, fingerprint, firstAt: fetchedAt, lastAt: fetchedAt, count: 1, reasons: counted({}) };
  }
  // A clock that went backwards must not make a span end before it began.
  const lastAt = toInstant(Math.max(span.lastAt, fetchedAt));
  return { ...span, lastAt, count: span.count + 1, reasons: counted(span.reasons) };
}

function nextAnswerFindings(state: ServerState, answer: Answer): readonly Finding[] {
  if (answer.kind === "document") return [];
  return "fresh" in answer && answer.fresh !== null ? answer.fresh.findings : state.answerFindings;
}

/** Whether the answer shows the published content to be as we say: the document itself, or its absence where none is published. */
function confirms(answer: Answer, published: PublishedContent | null): boolean {
  return answer.kind === "document" || (answer.kind === "absent" && published === null);
}

/** Validators belong to the outcome they came with: a full answer replaces them (with none, if it brought none), a failure does not. */
function nextValidator(state: ServerState, answer: Answer): Validator | null {
  if (answer.kind === "unreachable" || answer.kind === "refused" || answer.fresh === null) return state.validator;
  return answer.fresh.validator;
}

function dueAfter(
  after: ServerState,
  probe: { interpretation: Omit<Interpretation, "optOut">; fetchedAt: Instant; policy: RevisitPolicy; jitter: number },
): Instant {
  const { freshForMs, retryAfterMs } = probe.interpretation;
  const circumstances = { now: probe.fetchedAt, jitter: probe.jitter, freshForMs, retryAfterMs };
  if (after.failingSince !== null) {
    const { failureCount, failingSince } = after;
    return nextDueAt({ ...circumstances, situation: "failing", failureCount, failingSince }, probe.policy);
  }
  if (after.published !== null && after.span?.kind === "absent" && after.absentSince !== null) {
    const { absentSince } = after;
    return nextDueAt({ ...circumstances, situation: "absence-unconfirmed", absentSince }, probe.policy);
  }
  if (after.published !== null && after.span?.kind === "unusable") {
    return nextDueAt({ ...circumstances, situation: "unusable-unconfirmed" }, probe.policy);
  }
  return nextDueAt({ ...circumstances, situation: "settled", intervalMs: after.intervalMs ?? 0 }, probe.policy);
}

/** Headers may put the next visit off, but not for longer than a 304 may stand in for a full answer. */
function inTimeForFullAnswer(
  dueAt: Instant,
  { validator }: ServerState,
  { fetchedAt, policy }: { readonly fetchedAt: Instant; readonly policy: RevisitPolicy },
): Instant {
  if (validator === null) return dueAt;
  const latest = Math.max(fetchedAt + policy.floorMs, validator.receivedAt + policy.unconditionalMs);
  return toInstant(Math.min(dueAt, latest));
}
