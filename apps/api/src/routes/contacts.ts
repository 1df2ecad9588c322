import { contactHitSchema, pageOf, pageParameters, searchTextParameter, toContactHit } from "@switchboard/contract";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findAccess } from "../api-key.ts";
import { toPaging, unwrapPage } from "../paging.ts";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";

export type ContactRouteOptions = { readonly store: Pick<Store, "findContacts" | "findKey"> };

/** Shorter parts would match half the directory, and have no trigram to search by. */
const MIN_PART_CHARACTERS = 3;

/** Reverse look-up: which servers name this contact. */
export function buildContactRoutes({ store }: ContactRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/contacts",
      {
        config: { lookUp: true },
        schema: {
          tags: ["contacts"],
          summary: "Which servers name this mail address, Matrix ID or mail domain",
          description:
            "The whole address or domain without an API key; with one, also a part of it (3 characters or more).",
          querystring: z.strictObject({
            q: searchTextParameter.min(1),
            match: z.enum(["exact", "substring"]).optional(),
            ...pageParameters,
          }),
          response: { 200: pageOf(contactHitSchema), ...problemResponses },
        },
      },
      async (request) => {
        const { match, limit, cursor } = request.query;
        const q = request.query.q.trim();
        const access = await findAccess(request, store);
        const asked = match ?? (access === "with-addresses" && q.length >= MIN_PART_CHARACTERS ? "substring" : "exact");
        if (asked === "substring") refuseParts(q, access);
        const found = await store.findContacts({ q, match: asked, ...toPaging({ limit, cursor }) });
        const { items, nextCursor } = unwrapPage(found, cursor, "cursor");
        // Who gives a whole address knows it already; who gives a domain is not told the addresses at it.
        const addresses = q.includes("@") ? "with-addresses" : access;
        return { items: items.map((hit) => toContactHit(hit, addresses)), nextCursor };
      },
    );
  };
}

function refuseParts(q: string, access: "with-addresses" | "without-addresses"): void {
  if (access === "without-addresses") {
    throw new RequestProblem({
      slug: "key-refused",
      detail: "Parts of addresses are searched with an API key only.",
      errors: [
        {
          field: "match",
          value: "substring",
          detail: "needs an API key",
          fix: "Ask for the whole address or mail domain, or send Authorization: Bearer KEY.",
        },
      ],
    });
  }
  if (q.length < MIN_PART_CHARACTERS) {
    throw new RequestProblem({
      slug: "invalid-request",
      detail: `q: is too short for match=substring.`,
      errors: [
        { field: "q", value: q, detail: "is too short", fix: `Give at least ${MIN_PART_CHARACTERS} characters.` },
      ],
    });
  }
}
