import type { DirectoryRecord } from "./directory-record.ts";
import type { Instant } from "./instant.ts";
import type { Hostname } from "./server-name.ts";

/** Why there is no complete answer: facts of the wire, a closed vocabulary, each reachable by a test. */
export const FETCH_FAILURES = [
  "dns-not-found",
  "dns-no-address",
  "dns-failure",
  "dns-timeout",
  "connect-refused",
  "connect-unreachable",
  "connect-timeout",
  "connection-reset",
  "tls-expired",
  "tls-self-signed",
  "tls-untrusted",
  "tls-wrong-name",
  "tls-failure",
  "timeout",
  "body-too-large",
  "headers-too-large",
  "redirect-loop",
  "too-many-redirects",
  "protocol-error",
] as const;
export type FetchFailure = (typeof FETCH_FAILURES)[number];

/**
 * Why we declined to go on: our own rules, not the server's failure. `opted-out` is never recorded: a crawl carries out
 * the wish instead. `redirect-to-opted-out` is another server's wish, of the host that a redirect leads to.
 */
export const FETCH_REFUSALS = [
  "forbidden-address",
  "redirect-to-http",
  "redirect-to-other-scheme",
  "redirect-with-credentials",
  "redirect-to-forbidden-port",
  "redirect-to-opted-out",
  "opted-out",
] as const;
export type FetchRefusal = (typeof FETCH_REFUSALS)[number];

/** The response headers that matter, as sent; null where absent. */
export type HopHeaders = {
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  readonly accessControlAllowOrigin: string | null;
  readonly cacheControl: string | null;
  readonly expires: string | null;
  readonly age: string | null;
  readonly date: string | null;
  readonly retryAfter: string | null;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly location: string | null;
  readonly server: string | null;
};

/** One request of a probe. `status` and `headers` are null where no response came; `address` where none was connected. */
export type Hop = {
  readonly url: string;
  readonly status: number | null;
  readonly address: string | null;
  readonly headers: HopHeaders | null;
};

export type TlsFacts = {
  readonly protocol: string | null;
  readonly issuer: string | null;
  readonly validTo: Instant | null;
};

export type ProbeTiming = {
  /** From the first DNS packet to the end, redirects included. */
  readonly totalMs: number;
  readonly dnsMs: number | null;
  readonly connectMs: number | null;
  readonly firstByteMs: number | null;
};

/** What a conditional request was made with; it belongs to a final URL and to the outcome it came with (RFC 9110 §13). */
export type Validator = {
  readonly url: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  /** The outcome kind a 304 confirms. */
  readonly outcome: "document" | "absent" | "unusable";
  /** When it was last received with a full answer: an unconditional fetch is due at least every 7 days. */
  readonly receivedAt: Instant;
};

/** The facts of one probe, as seen on the wire. What they mean is `interpretFetch`'s to say. */
export type FetchReport = {
  readonly hostname: Hostname;
  readonly fetchedAt: Instant;
  readonly hops: readonly Hop[];
  readonly tls: TlsFacts | null;
  readonly timing: ProbeTiming;
  /** Whether the last request carried the validator. */
  readonly conditional: boolean;
  /** What DNS says to directories; null where it says nothing, or was not heard in time. */
  readonly directoryRecord: DirectoryRecord | null;
  readonly end:
    | {
        readonly kind: "response";
        readonly status: number;
        readonly headers: HopHeaders;
        /** Decoded (RFC 9110 §8.4) and within bounds; null where the coding is unknown to us. Only a 200's is read: empty for others. */
        readonly body: Uint8Array | null;
      }
    | { readonly kind: "failed"; readonly reason: FetchFailure; readonly detail: string }
    | { readonly kind: "declined"; readonly reason: FetchRefusal; readonly detail: string };
};

/** Bounds of one probe. */
export const MAX_BODY_BYTES = 64 * 1024;
export const MAX_HEADER_BYTES = 16 * 1024;
export const MAX_REDIRECTS = 5;
