import { toPrintable } from "@switchboard/domain";
import { DeadlineExceeded } from "./deadline.ts";

/** Why a source could not be read. `detail` is one line for people that names the place and never a token. */
export type ReadFailure = {
  readonly reason: "forbidden-address" | "unreachable" | "timeout" | "status" | "redirect" | "too-large" | "unreadable";
  readonly detail: string;
  /** Of an answer; null where there was none. */
  readonly status: number | null;
  /** How long the server asks to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;
};

const MAX_DETAIL_CHARACTERS = 400;

export function readFailure(
  reason: ReadFailure["reason"],
  detail: string,
  answer: Partial<Pick<ReadFailure, "status" | "retryAfterMs">> = {},
): ReadFailure {
  const { status = null, retryAfterMs = null } = answer;
  return { reason, detail: toPrintable(detail, MAX_DETAIL_CHARACTERS), status, retryAfterMs };
}

/** A URL for people: without its query, which holds cursors, and without credentials. */
export function describeUrl(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** An address that the guard did not let through. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";
}

/** The failure that an error of the network stands for. */
export function toReadFailure(error: unknown, url: URL): ReadFailure {
  const cause = innermost(error);
  if (cause instanceof ForbiddenAddress) return readFailure("forbidden-address", cause.message);
  const isTimeout = cause.name === "TimeoutError" || cause instanceof DeadlineExceeded || /TIMEOUT/.test(codeOf(cause));
  const says = isTimeout ? "no answer in time" : cause.message === "" ? codeOf(cause) : cause.message;
  return readFailure(isTimeout ? "timeout" : "unreachable", `${describeUrl(url)}: ${says}`);
}

/** Connections are tried at several addresses, each with an error of its own: the first tells as much as any. */
function innermost(error: unknown): Error {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return innermost(error.errors[0]);
  if (error instanceof Error && error.cause instanceof Error) return innermost(error.cause);
  return error instanceof Error ? error : new Error(String(error));
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}
