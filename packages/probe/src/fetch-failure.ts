import type { X509Certificate } from "node:crypto";
import type { FetchFailure, Instant } from "@switchboard/domain";
import { errors } from "undici";
import { type FailedEnd, failed } from "./fetch-end.ts";
import { momentOf } from "./tls-facts.ts";

/** The error codes of the system and of undici, by what they say of the other side. */
const CODE_FAILURES: ReadonlyMap<string, FetchFailure> = new Map([
  ["ECONNREFUSED", "connect-refused"],
  ["ETIMEDOUT", "connect-timeout"],
  ["ENETUNREACH", "connect-unreachable"],
  ["EHOSTUNREACH", "connect-unreachable"],
  ["ENETDOWN", "connect-unreachable"],
  ["EHOSTDOWN", "connect-unreachable"],
  // A local rule or a missing IPv6 address says no before a packet leaves.
  ["EACCES", "connect-unreachable"],
  ["EPERM", "connect-unreachable"],
  ["EADDRNOTAVAIL", "connect-unreachable"],
  ["EAFNOSUPPORT", "connect-unreachable"],
  ["EINVAL", "connect-unreachable"],
  ["ECONNRESET", "connection-reset"],
  ["ECONNABORTED", "connection-reset"],
  ["EPIPE", "connection-reset"],
  ["UND_ERR_SOCKET", "connection-reset"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "connection-reset"],
  ["UND_ERR_HEADERS_OVERFLOW", "headers-too-large"],
]);

const CERTIFICATE_FAILURES: ReadonlyMap<string, FetchFailure> = new Map([
  ["CERT_HAS_EXPIRED", "tls-expired"],
  // Neither expired nor distrusted.
  ["CERT_NOT_YET_VALID", "tls-failure"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "tls-self-signed"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "tls-wrong-name"],
]);

/**
 * The failure that an error of a socket, of TLS or of the HTTP parser stands for. What tells of our own machine (no
 * file descriptors left, out of memory) or of a bug of ours is thrown again: it says nothing about the server.
 */
export function failureOf(error: unknown): FailedEnd {
  // Of some of the parser's complaints undici gives no code.
  if (error instanceof errors.HTTPParserError) return failed("protocol-error", error.message);
  const code = codeOf(error);
  if (!(error instanceof Error) || code === null) throw error;
  const reason = CODE_FAILURES.get(code);
  if (reason !== undefined) return failed(reason, error.message);
  if (code === "EPROTO" || code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) {
    return failed("tls-failure", `TLS handshake failed: ${reasonOf(error)}`);
  }
  throw error;
}

/** The failure that a refused certificate stands for, its detail naming the fact. Total: any other reason is distrust. */
export function certificateFailure(refusal: {
  readonly error: unknown;
  readonly certificate: X509Certificate;
  readonly hostname: string;
  readonly now: Instant;
}): FailedEnd {
  const { error, certificate, hostname, now } = refusal;
  const reason = CERTIFICATE_FAILURES.get(codeOf(error) ?? "") ?? "tls-untrusted";
  const validTo = momentOf(certificate.validToDate);
  switch (reason) {
    case "tls-expired":
      return failed(
        reason,
        validTo !== null && validTo <= now
          ? `certificate expired on ${dayOf(validTo)}`
          : `a certificate above the server's own, which is valid to ${dayOf(validTo)}, has expired`,
      );
    case "tls-self-signed":
      return failed(reason, `certificate is signed by itself, valid to ${dayOf(validTo)}`);
    case "tls-wrong-name":
      return failed(reason, `certificate is not for ${hostname} but for ${namesIn(certificate)}`);
    case "tls-failure":
      return failed(reason, `certificate is not valid before ${dayOf(momentOf(certificate.validFromDate))}`);
    default:
      return failed(reason, `certificate not trusted: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function dayOf(instant: Instant | null): string {
  return instant === null ? "an unreadable date" : new Date(instant).toISOString().slice(0, "yyyy-mm-dd".length);
}

function namesIn(certificate: X509Certificate): string {
  return certificate.subjectAltName ?? certificate.subject.replaceAll("\n", ", ");
}

/** OpenSSL's messages carry a thread number, file and line, which differ from run to run; its reason does not. */
function reasonOf(error: Error): string {
  return "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}
