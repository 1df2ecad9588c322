import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type DocumentName, documentText, expectedVerdict } from "../documents/support-documents.ts";
import { operatorOf } from "../operator.ts";
import {
  CORS_HEADERS,
  type HeaderLine,
  type HttpResponse,
  healthyHost,
  notFound,
  type Plan,
  type Reply,
  respond,
  type Site,
  SUPPORT_PATH,
  type SupportRequest,
} from "../plan.ts";

export const DELIVERIES = [
  "plain",
  "no-cors",
  "text-type",
  "binary-type",
  "html-type",
  "no-type",
  "charset",
  "entity-tag",
  "weak-entity-tag",
  "last-modified",
  "cached-a-day",
  "not-stored",
  "gzip",
  "delayed",
] as const;
type Delivery = (typeof DELIVERIES)[number];

/** Serves a document that can be used, delivered well or carelessly. */
export type DocumentBehaviour = {
  readonly family: "document";
  readonly document: DocumentName;
  readonly delivery: Delivery;
};

/** Serves bytes that somebody else wrote; what they are worth is for the parser to say. */
export type VerbatimBehaviour = {
  readonly family: "verbatim";
  readonly base64: string;
  readonly contentType: string;
};

/** The behaviour of a server that serves these bytes as JSON. */
export function serveVerbatim(bytes: Uint8Array): VerbatimBehaviour {
  return { family: "verbatim", base64: Buffer.from(bytes).toString("base64"), contentType: "application/json" };
}

const LAST_MODIFIED = "Sun, 01 Mar 2026 12:00:00 GMT";
const DELAY_MS = 300;

const JSON_TYPE: HeaderLine = ["content-type", "application/json"];

/** The headers by which a delivery differs from an empty set; validators are added with the answer. */
const DELIVERY_HEADERS: Record<Delivery, readonly HeaderLine[]> = {
  plain: [JSON_TYPE, ...CORS_HEADERS],
  "no-cors": [JSON_TYPE],
  "text-type": [["content-type", "text/plain"], ...CORS_HEADERS],
  "binary-type": [["content-type", "application/octet-stream"], ...CORS_HEADERS],
  "html-type": [["content-type", "text/html; charset=utf-8"], ...CORS_HEADERS],
  "no-type": CORS_HEADERS,
  charset: [["content-type", "application/json; charset=utf-8"], ...CORS_HEADERS],
  "entity-tag": [JSON_TYPE, ...CORS_HEADERS],
  "weak-entity-tag": [JSON_TYPE, ...CORS_HEADERS],
  "last-modified": [JSON_TYPE, ...CORS_HEADERS, ["last-modified", LAST_MODIFIED]],
  "cached-a-day": [JSON_TYPE, ...CORS_HEADERS, ["cache-control", "public, max-age=86400"]],
  "not-stored": [JSON_TYPE, ...CORS_HEADERS, ["cache-control", "no-store"]],
  gzip: [JSON_TYPE, ...CORS_HEADERS, ["content-encoding", "gzip"]],
  delayed: [JSON_TYPE, ...CORS_HEADERS],
};

/** The answer that carries a document of this site, as a well-kept server gives it. */
export function documentResponse(site: Site, document: DocumentName, visit: number): HttpResponse {
  return { status: 200, headers: DELIVERY_HEADERS.plain, body: documentBytes(site, document, visit) };
}

/** What a server does that serves a document. */
export function planDocument(behaviour: DocumentBehaviour, site: Site): Plan {
  return {
    hosts: { own: healthyHost(site) },
    reply: (request) =>
      request.path === SUPPORT_PATH
        ? deliver(behaviour.delivery, documentBytes(site, behaviour.document, request.visit), request)
        : notFound(),
    truth: { kind: "document", verdict: expectedVerdict(behaviour.document) },
  };
}

/** What a server does that serves given bytes. */
export function planVerbatim(behaviour: VerbatimBehaviour, site: Site): Plan {
  return {
    hosts: { own: healthyHost(site) },
    reply: (request) =>
      request.path === SUPPORT_PATH
        ? respond({
            status: 200,
            headers: [["content-type", behaviour.contentType], ...CORS_HEADERS],
            body: Buffer.from(behaviour.base64, "base64"),
          })
        : notFound(),
    truth: null,
  };
}

function documentBytes(site: Site, document: DocumentName, visit: number): Uint8Array {
  return new TextEncoder().encode(documentText(document)(operatorOf(site.hostname), visit));
}

function deliver(delivery: Delivery, body: Uint8Array, request: SupportRequest): Reply {
  const headers = DELIVERY_HEADERS[delivery];
  const response: HttpResponse = { status: 200, headers, body };
  switch (delivery) {
    case "entity-tag":
      return deliverTagged(response, `"${digestOf(body)}"`, request);
    case "weak-entity-tag":
      return deliverTagged(response, `W/"${digestOf(body)}"`, request);
    case "last-modified":
      return respond(request.ifModifiedSince === LAST_MODIFIED ? notModified(headers) : response);
    case "gzip":
      return respond({ ...response, body: gzipSync(body) });
    case "delayed":
      return { kind: "delayed", response, afterMs: DELAY_MS };
    default:
      return respond(response);
  }
}

function deliverTagged(response: HttpResponse, etag: string, request: SupportRequest): Reply {
  const headers: HeaderLine[] = [...response.headers, ["etag", etag]];
  return respond(request.ifNoneMatch === etag ? notModified(headers) : { ...response, headers });
}

function notModified(headers: readonly HeaderLine[]): HttpResponse {
  return { status: 304, headers: headers.filter(([name]) => name !== "content-type"), body: new Uint8Array() };
}

function digestOf(body: Uint8Array): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 16);
}
