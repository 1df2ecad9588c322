import {
  atParameter,
  freshnessStateSchema,
  listingOutlineSchema,
  listingSchema,
  outcomeKindSchema,
  pageOf,
  pageParameters,
  probeRequestSchema,
  roleParameter,
  searchTextParameter,
  serverNameParameter,
  softwareParameter,
  submissionResultSchema,
  submissionSchema,
  toIsoOrNull,
  toListing,
  toListingOutline,
} from "@switchboard/contract";
import {
  type FederationReach,
  FRESHNESS_POLICY,
  freshnessOf,
  type Instant,
  NAME_BOUND,
  parseCandidate,
  type ServerKey,
  type ServerName,
  serverKeyOf,
  stableRole,
  toPrintable,
} from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findAccess } from "../api-key.ts";
import { hasTag, listingTag } from "../entity-tag.ts";
import { findListedServer, unknownServerName } from "../find-listing.ts";
import { toPaging, unwrapPage } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";

export type ServerRouteOptions = {
  readonly store: Pick<
    Store,
    "findListing" | "findListingAt" | "isOptedOut" | "searchListings" | "addCandidates" | "askForProbe" | "findKey"
  >;
  readonly clock: () => Instant;
  /** How long a server is left alone after a probe before it can be asked for again. */
  readonly cooloffMs: number;
  /** What names are worth probing depends on it. */
  readonly reach: FederationReach;
};

const notModifiedSchema = z.undefined().meta({ description: "The client has it already (If-None-Match)" });

const nameParams = z.object({ name: serverNameParameter });

/** Listings: one, many, new ones, and the wish for a fresh probe. */
export function buildServerRoutes({ store, clock, cooloffMs, reach }: ServerRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/servers/:name",
      {
        schema: {
          tags: ["servers"],
          summary: "A server's listing",
          params: nameParams,
          querystring: z.strictObject({ at: atParameter.optional() }),
          response: { 200: listingSchema, 304: notModifiedSchema, ...problemResponses },
        },
      },
      async (request, reply) => {
        const { name } = request.params;
        const { at } = request.query;
        const now = clock();
        const past = at === undefined || at >= now ? undefined : at;
        const listing = await findListedServer(store, name, past);
        const freshness = freshnessOf(listing, past ?? now);
        const tag = listingTag(listing, freshness);
        reply.header("etag", tag);
        // Nearly half of the work is making the body.
        if (hasTag(request, tag)) return reply.code(304).send();
        return toListing(listing, freshness);
      },
    );

    app.get(
      "/servers",
      {
        schema: {
          tags: ["servers"],
          summary: "Search the directory",
          description:
            "By name, contact or mail domain. Results hold no addresses: the listing of a server does. Contacts match exactly without an API key.",
          querystring: z.strictObject({
            q: searchTextParameter.optional(),
            role: roleParameter.optional(),
            freshness: freshnessStateSchema.optional(),
            outcome: z.enum([...outcomeKindSchema.options, "unprobed"]).optional(),
            software: softwareParameter.optional(),
            sort: z.enum(["name", "confirmed", "changed"]).default("name"),
            ...pageParameters,
          }),
          response: {
            200: pageOf(listingOutlineSchema).extend({
              match: z
                .enum(["exact", "similar"])
                .meta({ description: "`similar`: nothing matched, these look like it." }),
            }),
            ...problemResponses,
          },
        },
        config: { lookUp: true },
      },
      async (request) => {
        const { q, role, freshness, outcome, software, sort, limit, cursor } = request.query;
        const now = clock();
        const access = await findAccess(request, store);
        const found = await store.searchListings({
          ...(q === undefined || q.trim() === "" ? {} : { q: q.trim() }),
          contactMatch: access === "with-addresses" ? "substring" : "exact",
          ...(role === undefined ? {} : { role: stableRole(role) }),
          ...(outcome === undefined ? {} : { condition: outcome }),
          ...(software === undefined ? {} : { software }),
          ...(freshness === undefined ? {} : { freshness: { state: freshness, now, policy: FRESHNESS_POLICY } }),
          sort,
          ...toPaging({ limit, cursor }),
        });
        const { items, nextCursor, match } = unwrapPage(found, cursor, "cursor");
        return {
          items: items.map((listing) => toListingOutline(listing, freshnessOf(listing, now))),
          nextCursor,
          match,
        };
      },
    );

    app.post(
      "/servers",
      {
        config: { quota: "writes" },
        schema: {
          tags: ["servers"],
          summary: "Submit server names",
          description:
            "They are probed as soon as a worker is free. Names that are none or hopeless, whose operators opted out, or that are too many new ones for a day are told apart; the rest is taken.",
          body: submissionSchema,
          response: { 202: submissionResultSchema, ...problemResponses },
        },
      },
      async ({ body: { names } }, reply) => {
        const { accepted, rejected } = sortNames(names, reach);
        const [first] = rejected;
        if (accepted.length === 0 && first !== undefined) {
          throw new RequestProblem({
            slug: "invalid-request",
            detail: `None of the names can be taken: ${first.message}.`,
            errors: rejected.slice(0, 20).map(({ index, name, message, hint }) => ({
              field: `names.${index}`,
              pointer: `#/names/${index}`,
              value: name,
              detail: message,
              fix: hint,
            })),
          });
        }
        const { added, known, optedOut, heldBack } = await store.addCandidates({
          names: accepted.map(({ name }) => name),
          source: "api",
          due: "now",
          // In a federation of one's own everybody is known, and one domain may be all there is.
          ...(reach === "public" ? { bound: NAME_BOUND } : {}),
        });
        const unwelcome = rejectTurnedAway(accepted, optedOut, OPTED_OUT);
        const tooMany = rejectTurnedAway(accepted, heldBack, HELD_BACK);
        const all = [...rejected, ...unwelcome, ...tooMany].sort((one, other) => one.index - other.index);
        return reply.code(202).send({ added, known, rejected: all });
      },
    );

    app.post(
      "/servers/:name/probe",
      {
        config: { quota: "writes" },
        schema: {
          tags: ["servers"],
          summary: "Ask for a fresh probe",
          params: nameParams,
          response: { 202: probeRequestSchema, ...problemResponses },
        },
      },
      async ({ params: { name } }, reply) => {
        const { lastProbedAt } = await findListedServer(store, name);
        const request = await store.askForProbe(serverKeyOf(name), cooloffMs);
        if (request.kind === "unknown-name") throw new RequestProblem(unknownServerName(name));
        if (request.kind === "opted-out") {
          throw new RequestProblem({ slug: "opted-out", detail: `The operator of ${name} asked not to be probed.` });
        }
        if (request.kind === "cooling-off") {
          throw new RequestProblem({
            slug: "cooling-off",
            detail: `${name} was probed or asked for a moment ago: ask again in ${request.secondsLeft} s.`,
            retryAfterSeconds: request.secondsLeft,
          });
        }
        const watch = `/v1/servers/${encodeURIComponent(serverKeyOf(name))}`;
        return reply
          .code(202)
          .header("location", watch)
          .send({ serverName: serverKeyOf(name), watch, lastProbedAt: toIsoOrNull(lastProbedAt) });
      },
    );
  };
}

type Rejection = z.infer<typeof submissionResultSchema>["rejected"][number];

type Accepted = { readonly index: number; readonly name: ServerName };

function sortNames(names: readonly string[], reach: FederationReach): { accepted: Accepted[]; rejected: Rejection[] } {
  const accepted: Accepted[] = [];
  const rejected: Rejection[] = [];
  for (const [index, name] of names.entries()) {
    const parsed = parseCandidate(name.trim(), reach);
    if (parsed.ok) accepted.push({ index, name: parsed.value });
    else rejected.push({ index, name: name.slice(0, 100), ...parsed.error });
  }
  return { accepted, rejected };
}

type Refusal = { readonly code: string; readonly hint: string; readonly say: (name: string) => string };

const OPTED_OUT: Refusal = {
  code: "opted-out",
  hint: "Leave it out: an opt-out holds.",
  say: (name) => `the operator of ${name} asked not to be listed`,
};
const HELD_BACK: Refusal = {
  code: "held-back",
  hint: "Submit it again tomorrow.",
  say: (name) => `${name} is one new name too many for its registered domain, or for all submissions, today`,
};

/** Names that parse and that the directory did not take. */
function rejectTurnedAway(
  accepted: readonly Accepted[],
  turnedAway: readonly ServerKey[],
  refusal: Refusal,
): Rejection[] {
  const keys = new Set(turnedAway);
  const { code, hint, say } = refusal;
  return accepted
    .filter(({ name }) => keys.has(serverKeyOf(name)))
    .map(({ index, name }) => ({ index, name, code, message: say(toPrintable(name, 100)), hint }));
}
