import type { FetchFailure, FetchRefusal, Validator } from "./fetch-report.ts";
import type { Finding, Verdict } from "./finding.ts";
import type { SupportDocument } from "./support-document.ts";

/** Why a full answer is no support document. */
export const UNUSABLE_REASONS = [
  "empty-body",
  "html",
  "not-json",
  "not-object",
  "not-utf8",
  "too-deep",
  "unknown-coding",
  "nothing-usable",
  "redirect-without-location",
  "unexpected-status",
  "unasked-not-modified",
] as const;
export type UnusableReason = (typeof UNUSABLE_REASONS)[number];

/** Why there is no answer to judge: failures of the wire, and answers that speak of the server's state, not of the document. */
export const UNREACHABLE_STATUS_REASONS = ["access-denied", "misdirected", "rate-limited", "server-error"] as const;
export type UnreachableReason = FetchFailure | (typeof UNREACHABLE_STATUS_REASONS)[number];

export type OutcomeKind = "document" | "absent" | "unusable" | "unreachable" | "refused";

/** What a probe means. A 304 confirms the outcome its validator came with, whatever that was. */
export type ProbeOutcome =
  | {
      readonly kind: "document";
      readonly document: SupportDocument;
      readonly fingerprint: string;
      readonly raw: Uint8Array;
      readonly verdict: Verdict;
      readonly findings: readonly Finding[];
      readonly rulesVersion: number;
      readonly validator: Validator | null;
    }
  | { readonly kind: "unchanged"; readonly confirms: Validator["outcome"] }
  | { readonly kind: "absent"; readonly findings: readonly Finding[]; readonly validator: Validator | null }
  | {
      readonly kind: "unusable";
      readonly reason: UnusableReason;
      readonly findings: readonly Finding[];
      readonly validator: Validator | null;
    }
  | { readonly kind: "unreachable"; readonly reason: UnreachableReason; readonly detail: string }
  | { readonly kind: "refused"; readonly reason: FetchRefusal; readonly detail: string };
