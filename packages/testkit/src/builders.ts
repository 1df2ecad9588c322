import {
  type Contact,
  type DiscoveryReport,
  type FetchReport,
  type HopHeaders,
  initialState,
  type Listing,
  type PublishedContent,
  type ServerState,
  type SupportDocument,
} from "@switchboard/domain";
import { NOON } from "./fixed-clock.ts";
import { toHostname, toMailAddress, toServerKey, toServerName, toUserId } from "./identifiers.ts";

/** Response headers of which none was sent, but those named. */
export function buildHeaders(headers: Partial<HopHeaders> = {}): HopHeaders {
  return {
    contentType: null,
    contentEncoding: null,
    accessControlAllowOrigin: null,
    cacheControl: null,
    expires: null,
    age: null,
    date: null,
    retryAfter: null,
    etag: null,
    lastModified: null,
    location: null,
    server: null,
    ...headers,
  };
}

/** An operator's contact with both methods. */
export function buildContact(contact: Partial<Contact> = {}): Contact {
  return {
    role: "m.role.admin",
    matrix_id: toUserId("@admin:example.org"),
    email_address: toMailAddress("admin@example.org"),
    pgp_key: null,
    ...contact,
  };
}

/** A support document with one contact and no page. */
export function buildDocument(document: Partial<SupportDocument> = {}): SupportDocument {
  return { contacts: [buildContact()], support_page: null, policies: [], ...document };
}

/** The bytes of `value` as JSON. */
export function toJsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** The bytes a well-behaved server would serve for `document`: absent fields left out. */
export function toServedBytes(document: SupportDocument): Uint8Array {
  return toJsonBytes({
    ...(document.contacts.length === 0 ? {} : { contacts: document.contacts.map(withoutNulls) }),
    ...(document.support_page === null ? {} : { support_page: document.support_page }),
  });
}

function withoutNulls(contact: Contact): Record<string, unknown> {
  return Object.fromEntries(Object.entries(contact).filter(([, value]) => value !== null));
}

export type ReportOfResponse = {
  readonly status?: number;
  readonly body?: Uint8Array | null;
  readonly headers?: Partial<HopHeaders>;
  readonly report?: Partial<FetchReport>;
};

/** The report of a probe of example.org that got an answer in one hop: 200 with a small document, unless told otherwise. */
export function buildFetchReport(answer: ReportOfResponse = {}): FetchReport {
  const status = answer.status ?? 200;
  const hostname = answer.report?.hostname ?? toHostname("example.org");
  const headers = buildHeaders({
    contentType: "application/json",
    accessControlAllowOrigin: "*",
    ...answer.headers,
  });
  const body = answer.body === undefined ? toServedBytes(buildDocument()) : answer.body;
  const url = `https://${hostname}/.well-known/matrix/support`;
  return {
    hostname,
    fetchedAt: NOON,
    hops: [{ url, status, address: "192.0.2.1", headers }],
    tls: null,
    timing: { totalMs: 40, dnsMs: 5, connectMs: 20, firstByteMs: 38 },
    conditional: false,
    directoryRecord: null,
    end: { kind: "response", status, headers, body },
    ...answer.report,
  };
}

/** Published content as first seen at noon. */
export function buildPublished(published: Partial<PublishedContent> = {}): PublishedContent {
  return {
    fingerprint: "0".repeat(64),
    document: buildDocument(),
    verdict: "valid",
    findings: [],
    rulesVersion: 1,
    since: NOON,
    ...published,
  };
}

/** The state of example.org, never probed unless told otherwise. */
export function buildServerState(state: Partial<ServerState> = {}): ServerState {
  return { ...initialState(state.hostname ?? toHostname("example.org")), ...state };
}

/** The listing of example.org, which publishes one contact and was confirmed at noon. */
export function buildListing(listing: Partial<Listing> = {}): Listing {
  return {
    serverName: toServerKey("example.org"),
    hostname: toHostname("example.org"),
    published: { ...buildPublished(), revision: 1 },
    condition: "document",
    conditionReason: null,
    conditionSince: NOON,
    answerFindings: [],
    withdrawnAt: null,
    absentSince: null,
    firstSeenAt: NOON,
    lastProbedAt: NOON,
    lastConfirmedAt: NOON,
    lastChangedAt: NOON,
    dueAt: null,
    optedOut: false,
    delivery: null,
    discovery: null,
    version: 1,
    ...listing,
  };
}

/** The report of a discovery of example.org: Synapse 1.98.0 found without a delegation, unless told otherwise. */
export function buildDiscoveryReport(report: Partial<DiscoveryReport> = {}): DiscoveryReport {
  const { software = { name: "Synapse", version: "1.98.0" } } = report;
  return {
    serverName: toServerName("example.org"),
    discoveredAt: NOON,
    steps: [],
    target: null,
    reason: software === null ? "connect-timeout" : null,
    detail: "",
    totalMs: 40,
    ...report,
    software,
  };
}
