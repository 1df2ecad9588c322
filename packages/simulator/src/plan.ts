import type { FetchRefusal, SrvRecord, UnreachableReason, UnusableReason, Verdict } from "@switchboard/domain";

/** What a first, unhurried probe of a name must come to, in the domain's own words. */
export type ExpectedOutcome =
  | { readonly kind: "document"; readonly verdict: Verdict }
  | { readonly kind: "absent" }
  | { readonly kind: "unusable"; readonly reason: UnusableReason }
  | { readonly kind: "unreachable"; readonly reason: UnreachableReason }
  | { readonly kind: "refused"; readonly reason: FetchRefusal };

/** How the DNS server answers for one record type of one name where it has no record to give. */
type RecordAbsence =
  | { readonly kind: "no-records" }
  | { readonly kind: "name-error" }
  | { readonly kind: "server-failure" }
  | { readonly kind: "query-refused" }
  | { readonly kind: "silence" };

/** How the DNS server answers for the addresses of one name. */
export type RecordAnswer = { readonly kind: "addresses"; readonly addresses: readonly string[] } | RecordAbsence;

/** How the DNS server answers for the SRV records of one name; a target of "" is the root's. */
export type ServiceAnswer = { readonly kind: "services"; readonly records: readonly SrvRecord[] } | RecordAbsence;

/** How the DNS server answers for the TXT records of one name, each as its strings. */
export type TextAnswer = { readonly kind: "texts"; readonly records: readonly (readonly string[])[] } | RecordAbsence;

/** How the DNS server answers for one name. `alias` puts a CNAME record before the addresses. */
export type DnsPlan = {
  readonly ipv4: RecordAnswer;
  readonly ipv6: RecordAnswer;
  readonly alias: boolean;
  /** No records where not given. */
  readonly services?: ServiceAnswer;
  /** No records where not given. */
  readonly texts?: TextAnswer;
  /** The TXT records of `_switchboard.` before the name, which does not exist where they are not given. */
  readonly directoryRecords?: TextAnswer;
};

/** What is right or wrong with a certificate; a faulty one is faulty in that one respect. */
export type CertificateKind =
  | "valid"
  | "expired"
  | "not-yet-valid"
  | "self-signed"
  | "untrusted-root"
  | "missing-intermediate"
  | "wrong-name";

/** What happens to a connection once its TLS ClientHello has named a host. */
export type Greeting = "handshake" | "silence" | "reset" | "plain-text" | "handshake-alert";

/** Everything below HTTP for one hostname. */
export type HostPlan = {
  readonly dns: DnsPlan;
  readonly greeting: Greeting;
  readonly certificate: CertificateKind;
};

/**
 * A simulated server may also answer on hostnames below its own, where its redirects and its delegation lead:
 * `own` is the server itself, `static` the site `static.{hostname}`, and so on.
 */
export const HOST_LABELS = ["static", "internal", "gone", "lapsed", "matrix", "node"] as const;
export type HostLabel = (typeof HOST_LABELS)[number];

export type SupportRequest = {
  readonly host: "own" | HostLabel;
  readonly path: string;
  /** How many requests for the support document this server had before this one. */
  readonly visit: number;
  readonly ifNoneMatch: string | null;
  readonly ifModifiedSince: string | null;
};

export type HeaderLine = readonly [name: string, value: string];

export type HttpResponse = {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
};

/** What is written in answer to one request. */
export type Reply =
  | { readonly kind: "response"; readonly response: HttpResponse }
  /** The whole response, after a pause. */
  | { readonly kind: "delayed"; readonly response: HttpResponse; readonly afterMs: number }
  /** Headers at once, then the body a byte at a time. */
  | { readonly kind: "drip"; readonly response: HttpResponse; readonly everyMs: number }
  /** Bytes that bypass HTTP framing, a byte at a time; they start again when they are through. */
  | { readonly kind: "drip-bytes"; readonly bytes: Uint8Array; readonly everyMs: number }
  /** A chunked body that never ends, as fast as it is read. */
  | { readonly kind: "endless"; readonly chunk: Uint8Array }
  /** Nothing, for as long as the client waits. */
  | { readonly kind: "silence" }
  /** A TCP reset, after the first `bodyBytes` bytes of a response where one is given. */
  | { readonly kind: "reset"; readonly begun: HttpResponse | null }
  /** The connection ends in good order, but before the body that was announced. */
  | { readonly kind: "cut-off"; readonly begun: HttpResponse }
  /** Bytes that bypass HTTP framing, then the end of the connection. */
  | { readonly kind: "raw"; readonly bytes: Uint8Array };

/** All that a simulated server does, and what must come of it. */
export type Plan = {
  readonly hosts: Readonly<Partial<Record<"own" | HostLabel, HostPlan>>> & { readonly own: HostPlan };
  readonly reply: (request: SupportRequest) => Reply;
  /** Null where the simulator cannot know: documents that it was given. */
  readonly truth: ExpectedOutcome | null;
};

/** Where a simulated server lives. A plan is a pure function of a behaviour and a site. */
export type Site = {
  readonly serverName: string;
  readonly hostname: string;
  /** The loopback address its name resolves to when all is well. */
  readonly address: string;
  /** The port at which the whole federation serves `https`. */
  readonly port: number;
  /** Every address at which the federation answers; `address` is one of them. */
  readonly addresses: readonly string[];
};

export const SUPPORT_PATH = "/.well-known/matrix/support";

const NO_RECORDS = { kind: "no-records" } as const;

/** The DNS answers of a name with these IPv4 addresses and no other. */
export function resolvesTo(addresses: readonly string[]): DnsPlan {
  return { ipv4: { kind: "addresses", addresses }, ipv6: NO_RECORDS, alias: false };
}

/** A host that is found and greets as it should, at the site's own address. */
export function healthyHost(site: Site): HostPlan {
  return { dns: resolvesTo([site.address]), greeting: "handshake", certificate: "valid" };
}

/** A URL of this site, at the federation's port. */
export function urlAt(site: Site, host: "own" | HostLabel, path: string): string {
  const hostname = host === "own" ? site.hostname : `${host}.${site.hostname}`;
  const port = site.port === 443 ? "" : `:${site.port}`;
  return `https://${hostname}${port}${path}`;
}

/** An HTTP response with a text body and these headers only. */
export function textResponse(status: number, headers: readonly HeaderLine[], text: string): HttpResponse {
  return { status, headers, body: new TextEncoder().encode(text) };
}

/** A reply that answers a request in full, in good order. */
export function respond(response: HttpResponse): Reply {
  return { kind: "response", response };
}

export const CORS_HEADERS: readonly HeaderLine[] = [
  ["access-control-allow-origin", "*"],
  ["access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS"],
  ["access-control-allow-headers", "X-Requested-With, Content-Type, Authorization"],
];

/** The answer to a path at which nothing is. */
export function notFound(): Reply {
  return respond(textResponse(404, [["content-type", "text/plain"], ...CORS_HEADERS], "not found\n"));
}
