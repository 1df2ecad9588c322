import type { FetchReport, Validator } from "./fetch-report.ts";
import type { Finding, Verdict } from "./finding.ts";
import type { Instant } from "./instant.ts";
import type { OutcomeKind } from "./probe-outcome.ts";
import type { Hostname } from "./server-name.ts";
import type { SupportDocument } from "./support-document.ts";

/** What we say the operator publishes: the content of one revision, and how it was judged. */
export type PublishedContent = {
  readonly fingerprint: string;
  readonly document: SupportDocument;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly rulesVersion: number;
  /** When this content was first seen in this run. */
  readonly since: Instant;
};

/** A run of consecutive probes with the same kind of outcome and the same revision. */
export type Span = {
  readonly kind: OutcomeKind;
  /** The revision's fingerprint where the kind is `document`, else null. */
  readonly fingerprint: string | null;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly count: number;
  /** How often each reason was given inside this run. */
  readonly reasons: Readonly<Record<string, number>>;
};

/** Everything a decision about the next probe of one hostname needs. One writer: the holder of the lease. */
export type ServerState = {
  readonly hostname: Hostname;
  readonly published: PublishedContent | null;
  /** The present run of equal outcomes; null before the first probe. */
  readonly span: Span | null;
  /** Findings of the last full answer that was no document (they say what is wrong with it); empty otherwise. */
  readonly answerFindings: readonly Finding[];
  /** We tried. */
  readonly lastProbedAt: Instant | null;
  /** We last saw the present content, or confirmed its absence. */
  readonly lastConfirmedAt: Instant | null;
  /** First absence since the last document; only a document (or the withdrawal) resets it. */
  readonly absentSince: Instant | null;
  /** First unusable answer since the last document, and how many; only a document (or the withdrawal) resets them. */
  readonly unusableSince: Instant | null;
  readonly unusableCount: number;
  /** When the present run of failures (unreachable, refused) began, and its length. */
  readonly failingSince: Instant | null;
  readonly failureCount: number;
  /** The present revisit interval, in milliseconds; null before the first full answer. */
  readonly intervalMs: number | null;
  readonly validator: Validator | null;
};

/** How the store moves the hostname's history: `extend` moves the end of the present span, `open` begins one. */
export type SpanStep = {
  readonly action: "open" | "extend";
  readonly kind: OutcomeKind;
  readonly fingerprint: string | null;
  readonly reason: string | null;
};

/** The latest facts of delivery, kept without history. */
export type Delivery = Pick<FetchReport, "hops" | "tls" | "timing">;

/** The state of a hostname that was heard of and never probed. */
export function initialState(hostname: Hostname): ServerState {
  return {
    hostname,
    published: null,
    span: null,
    answerFindings: [],
    lastProbedAt: null,
    lastConfirmedAt: null,
    absentSince: null,
    unusableSince: null,
    unusableCount: 0,
    failingSince: null,
    failureCount: 0,
    intervalMs: null,
    validator: null,
  };
}
