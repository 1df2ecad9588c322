import type { FetchFailure, FetchRefusal, FetchReport } from "@switchboard/domain";

/** How a probe ended, one of three (domain: FetchReport). */
export type FetchEnd = FetchReport["end"];
export type FailedEnd = Extract<FetchEnd, { kind: "failed" }>;
export type DeclinedEnd = Extract<FetchEnd, { kind: "declined" }>;

/** Details quote what servers send (names in certificates, redirect targets), so they are bounded. */
const MAX_DETAIL_CHARACTERS = 300;

/** An end without a complete answer; `detail` names the fact, for people. */
export function failed(reason: FetchFailure, detail: string): FailedEnd {
  return { kind: "failed", reason, detail: cut(detail) };
}

/** An end where we declined to go on; `detail` names the fact, for people. */
export function declined(reason: FetchRefusal, detail: string): DeclinedEnd {
  return { kind: "declined", reason, detail: cut(detail) };
}

function cut(detail: string): string {
  return detail.length <= MAX_DETAIL_CHARACTERS ? detail : `${detail.slice(0, MAX_DETAIL_CHARACTERS - 1)}…`;
}
