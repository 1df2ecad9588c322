import { err, ok, type Purpose, type Result } from "@switchboard/domain";
import type { z } from "zod";
import { type BatchResultBody, batchResultSchema } from "./batch-route.ts";
import { type BriefRouteBody, briefRouteSchema } from "./brief-route.ts";
import { changePageSchema } from "./change.ts";
import { type ContactHitBody, contactHitSchema } from "./contact-hit.ts";
import { type ContactRouteBody, contactRouteSchema } from "./contact-route.ts";
import { type LintResultBody, lintResultSchema } from "./lint.ts";
import { type ListingBody, type ListingOutlineBody, listingOutlineSchema, listingSchema } from "./listing.ts";
import { type Page, pageOf } from "./page.ts";
import { type ProblemBody, problemSchema } from "./problem.ts";
import { type RevisionBody, type RevisionSummaryBody, revisionSchema, revisionSummarySchema } from "./revision.ts";
import { type SoftwareSpanBody, softwareHistorySchema } from "./software.ts";
import { type SpanBody, spanSchema } from "./span.ts";
import { type StatsBody, statsSchema } from "./stats.ts";
import {
  type ProbeRequestBody,
  probeRequestSchema,
  type SubmissionResultBody,
  submissionResultSchema,
} from "./submission.ts";

/** What of `fetch` the client uses: the global one fits, and so does anything that answers like it. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string | Uint8Array<ArrayBuffer> },
) => Promise<{ readonly status: number; readonly json: () => Promise<unknown> }>;

export type ClientOptions = {
  /** Where the API is, without a slash at its end. */
  readonly url: string;
  readonly fetch: Fetch;
  readonly apiKey: string | null;
};

type Paging = { readonly limit?: number; readonly cursor?: string };
type Query = Readonly<Record<string, string | number | undefined>>;
type Answer<Body> = Promise<Result<Body, ProblemBody>>;

/** The API as typed functions. A problem is a value; a failure of the network is whatever `fetch` throws. */
export type Client = {
  findListing(serverName: string, query?: { readonly at?: string }): Answer<ListingBody>;
  searchListings(
    query?: Paging & {
      q?: string;
      role?: string;
      freshness?: string;
      outcome?: string;
      software?: string;
      sort?: string;
    },
  ): Answer<Page<ListingOutlineBody>>;
  submitNames(names: readonly string[]): Answer<SubmissionResultBody>;
  askForProbe(serverName: string): Answer<ProbeRequestBody>;
  listRevisions(serverName: string, query?: Paging): Answer<Page<RevisionSummaryBody>>;
  findRevision(serverName: string, revision: number): Answer<RevisionBody>;
  listSpans(serverName: string, query?: Paging): Answer<Page<SpanBody>>;
  listSoftware(serverName: string): Answer<{ readonly items: readonly SoftwareSpanBody[] }>;
  listServerChanges(serverName: string, query?: Paging & { kind?: string }): Answer<z.infer<typeof changePageSchema>>;
  listChanges(query?: {
    since?: string;
    limit?: number;
    kind?: string;
    server?: string;
  }): Answer<z.infer<typeof changePageSchema>>;
  findContacts(query: Paging & { q: string; match?: "exact" | "substring" }): Answer<Page<ContactHitBody>>;
  findRoute(query: { entity: string; purpose?: Purpose; at?: string }): Answer<ContactRouteBody>;
  findBriefRoute(query: { entity: string; purpose?: Purpose; at?: string }): Answer<BriefRouteBody>;
  findRoutes(batch: {
    entities: readonly string[];
    purpose?: Purpose;
    view?: "full" | "brief";
  }): Answer<BatchResultBody>;
  lintDocument(document: Uint8Array<ArrayBuffer>, query?: { server?: string }): Answer<LintResultBody>;
  readStats(): Answer<StatsBody>;
};

/** Builds a client. Every answer is parsed: a body of another shape throws a ZodError. */
export function createClient({ url, fetch, apiKey }: ClientOptions): Client {
  const credentials: Record<string, string> = apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };

  async function ask<Schema extends z.ZodType>(
    schema: Schema,
    path: string,
    init: Pick<Parameters<Fetch>[1], "method" | "body"> & { type?: string },
  ): Answer<z.infer<Schema>> {
    const { method, body, type } = init;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { accept: "application/json", ...credentials, ...(type === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body }),
    });
    const answer = await response.json();
    return response.status < 300 ? ok(schema.parse(answer)) : err(problemSchema.parse(answer));
  }
  const get = <Schema extends z.ZodType>(schema: Schema, path: string, query: Query = {}) =>
    ask(schema, `${path}${toQuery(query)}`, { method: "GET" });
  const post = <Schema extends z.ZodType>(schema: Schema, path: string, body: unknown) =>
    ask(schema, path, { method: "POST", body: JSON.stringify(body), type: "application/json" });
  const server = (name: string) => `/v1/servers/${encodeURIComponent(name)}`;

  return {
    findListing: (name, query) => get(listingSchema, server(name), query),
    searchListings: (query) => get(pageOf(listingOutlineSchema), "/v1/servers", query),
    submitNames: (names) => post(submissionResultSchema, "/v1/servers", { names }),
    askForProbe: (name) => ask(probeRequestSchema, `${server(name)}/probe`, { method: "POST" }),
    listRevisions: (name, query) => get(pageOf(revisionSummarySchema), `${server(name)}/revisions`, query),
    findRevision: (name, revision) => get(revisionSchema, `${server(name)}/revisions/${revision}`),
    listSpans: (name, query) => get(pageOf(spanSchema), `${server(name)}/spans`, query),
    listSoftware: (name) => get(softwareHistorySchema, `${server(name)}/software`),
    listServerChanges: (name, query) => get(changePageSchema, `${server(name)}/changes`, query),
    listChanges: (query) => get(changePageSchema, "/v1/changes", query),
    findContacts: (query) => get(pageOf(contactHitSchema), "/v1/contacts", query),
    findRoute: (query) => get(contactRouteSchema, "/v1/route", query),
    findBriefRoute: (query) => get(briefRouteSchema, "/v1/route", { ...query, view: "brief" }),
    findRoutes: (batch) => post(batchResultSchema, "/v1/route", batch),
    lintDocument: (document, query = {}) =>
      ask(lintResultSchema, `/v1/lint${toQuery(query)}`, { method: "POST", body: document, type: "application/json" }),
    readStats: () => get(statsSchema, "/v1/stats"),
  };
}

function toQuery(query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return given.length === 0 ? "" : `?${new URLSearchParams(given)}`;
}
