import { findDeliveryFindings } from "./delivery-findings.ts";
import { findDirectoryRecordFindings } from "./directory-record.ts";
import type { OptOutWay } from "./directory-wish.ts";
import type { FetchReport, Validator } from "./fetch-report.ts";
import { freshnessLifetimeMs, parseRetryAfter } from "./http-freshness.ts";
import { type ParsedSupport, parseSupportDocument } from "./parse-support-document.ts";
import type { ProbeOutcome, UnreachableReason, UnusableReason } from "./probe-outcome.ts";
import type { ServerName } from "./server-name.ts";
import type { DocumentShape } from "./support-document.ts";

/** The meaning of a fetch report, and what the answer's headers ask of the schedule (milliseconds from the fetch). */
export type Interpretation = {
  readonly outcome: ProbeOutcome;
  /** By what the operator asks to be left alone; null where not. Then nothing of the outcome may be kept. */
  readonly optOut: Extract<OptOutWay, "document" | "dns"> | null;
  readonly freshForMs: number | null;
  readonly retryAfterMs: number | null;
};

const UNUSABLE_SHAPES: Record<Exclude<DocumentShape, "usable" | "nothing-published" | "too-large">, UnusableReason> = {
  "nothing-usable": "nothing-usable",
  empty: "empty-body",
  "too-deep": "too-deep",
  "not-utf8": "not-utf8",
  html: "html",
  "not-json": "not-json",
  "not-object": "not-object",
};

/** Statuses that speak of the server's state or of us, not of the document: nothing about the document follows from them. */
function unreachableStatus(status: number): UnreachableReason | null {
  if (status >= 500 && status <= 599) return "server-error";
  switch (status) {
    case 401:
    case 403:
    case 407:
    case 451:
      return "access-denied";
    case 421:
      return "misdirected";
    case 429:
      return "rate-limited";
    default:
      return null;
  }
}

/**
 * What a fetch report means (client-server API, "Getting support information"; the table of outcomes is in
 * docs/architecture.md). Total: every report has exactly one outcome. `validator` is the one the request was made with.
 * Of `serverName` some findings need to know whose document it is.
 */
export function interpretFetch(
  report: FetchReport,
  validator: Validator | null,
  serverName?: ServerName,
): Interpretation {
  const { end } = report;
  if (end.kind === "failed") {
    return quiet({ kind: "unreachable", reason: end.reason, detail: end.detail });
  }
  if (end.kind === "declined") {
    const { reason, detail } = end;
    return { ...quiet({ kind: "refused", reason, detail }), optOut: reason === "opted-out" ? "dns" : null };
  }
  const { retryAfter } = end.headers;
  return {
    ...interpretResponse({ report, status: end.status, body: end.body, validator, serverName }),
    freshForMs: freshnessLifetimeMs(end.headers, report.fetchedAt),
    retryAfterMs: retryAfter === null ? null : parseRetryAfter(retryAfter, report.fetchedAt),
  };
}

function quiet(outcome: ProbeOutcome): Interpretation {
  return { outcome, optOut: null, freshForMs: null, retryAfterMs: null };
}

/** What an answer means, and whether the document in it asks for an opt-out. */
type AnswerMeaning = Pick<Interpretation, "outcome" | "optOut">;

function interpretResponse(answer: {
  report: FetchReport;
  status: number;
  body: Uint8Array | null;
  validator: Validator | null;
  serverName: ServerName | undefined;
}): AnswerMeaning {
  const { report, status, body } = answer;
  if (status === 200 && body !== null) return interpretBody(report, body, answer.serverName);
  return { outcome: interpretWithoutBody(report, status, answer.validator), optOut: null };
}

function interpretWithoutBody(report: FetchReport, status: number, validator: Validator | null): ProbeOutcome {
  const unreachable = unreachableStatus(status);
  if (unreachable !== null) return { kind: "unreachable", reason: unreachable, detail: `HTTP status ${status}` };
  const findings = findDirectoryRecordFindings(report.directoryRecord);
  if (status === 404 || status === 410) {
    return { kind: "absent", findings, validator: receivedValidator(report, "absent") };
  }
  const unusable = (reason: UnusableReason): ProbeOutcome => ({
    kind: "unusable",
    reason,
    findings,
    validator: receivedValidator(report, "unusable"),
  });
  if (status === 304) {
    return report.conditional && validator !== null
      ? { kind: "unchanged", confirms: validator.outcome }
      : unusable("unasked-not-modified");
  }
  if (status >= 300 && status <= 399) return unusable("redirect-without-location");
  return unusable(status === 200 ? "unknown-coding" : "unexpected-status");
}

function interpretBody(report: FetchReport, body: Uint8Array, serverName: ServerName | undefined): AnswerMeaning {
  const parsed = parseSupportDocument(body, serverName === undefined ? {} : { server: serverName });
  return {
    outcome: toOutcome(parsed, report, body),
    optOut: parsed.directoryWish === "not-listed" ? "document" : null,
  };
}

function toOutcome(parsed: ParsedSupport, report: FetchReport, body: Uint8Array): ProbeOutcome {
  const { shape, verdict, rulesVersion } = parsed;
  const findings = [...parsed.findings, ...findDirectoryRecordFindings(report.directoryRecord)];
  if (shape === "too-large") return { kind: "unreachable", reason: "body-too-large", detail: `${body.length} bytes` };
  if (shape === "nothing-published") {
    return { kind: "absent", findings, validator: receivedValidator(report, "absent") };
  }
  if (shape !== "usable") {
    const validator = receivedValidator(report, "unusable");
    return { kind: "unusable", reason: UNUSABLE_SHAPES[shape], findings, validator };
  }
  return {
    kind: "document",
    document: parsed.document,
    fingerprint: parsed.fingerprint,
    raw: body,
    verdict,
    findings: [...findings, ...findDeliveryFindings(report.hops)],
    rulesVersion,
    validator: receivedValidator(report, "document"),
  };
}

/** The validator that came with a full answer (RFC 9110 §8.8); null where the server sent none. */
function receivedValidator(report: FetchReport, outcome: Validator["outcome"]): Validator | null {
  const last = report.hops.at(-1);
  const etag = last?.headers?.etag ?? null;
  const lastModified = last?.headers?.lastModified ?? null;
  if (last === undefined || (etag === null && lastModified === null)) return null;
  return { url: last.url, etag, lastModified, outcome, receivedAt: report.fetchedAt };
}
