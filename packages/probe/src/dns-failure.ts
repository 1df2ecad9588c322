import type { FetchFailure } from "@switchboard/domain";
import { type FailedEnd, failed } from "./fetch-end.ts";

const CODE_FAILURES: ReadonlyMap<string, { readonly reason: FetchFailure; readonly says: string }> = new Map([
  // NXDOMAIN holds for the whole name, whatever the type asked for (RFC 8020).
  ["ENOTFOUND", { reason: "dns-not-found", says: "does not exist" }],
  ["EBADNAME", { reason: "dns-not-found", says: "cannot be a DNS name" }],
  ["ETIMEOUT", { reason: "dns-timeout", says: "was not answered in time" }],
  ["ENODATA", { reason: "dns-no-address", says: "has no such address" }],
]);

/** The failure that a code of c-ares stands for. */
export function dnsFailure(name: string, code: string): FailedEnd {
  const failure = CODE_FAILURES.get(code);
  return failure === undefined
    ? failed("dns-failure", `DNS gave no answer for ${name} (${code})`)
    : failed(failure.reason, `${name} ${failure.says} (DNS ${code})`);
}

/** c-ares' code in an error of Node's resolver; null where it is another error, which says nothing about the name. */
export function dnsCodeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
