import {
  atParameter,
  batchRequestSchema,
  batchResultSchema,
  briefRouteSchema,
  contactRouteSchema,
  entityParameter,
  purposeParameter,
  toBriefRoute,
  toContactRoute,
  toRecipient,
  toUnreadEntity,
  viaParameter,
} from "@switchboard/contract";
import {
  briefRoute,
  type ContactRoute,
  contactRoute,
  type Entity,
  groupByRecipient,
  type Instant,
  parseEntity,
  type ServerName,
} from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { parseEntityWithVia } from "../parse-entity-with-via.ts";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";
import { findRouteKnowledge, findRouteKnowledgeAt } from "../route-listings.ts";
import { describeValue } from "../validation-problem.ts";

export type ContactRouteRouteOptions = {
  readonly store: Pick<Store, "findListings" | "findListingAt" | "listOptedOut">;
  readonly clock: () => Instant;
};

/** Contact routes: whom to reach about what was pasted. */
export function buildContactRouteRoutes(options: ContactRouteRouteOptions): FastifyPluginAsyncZod {
  const { store, clock } = options;
  return async (app) => {
    app.get(
      "/route",
      {
        config: { lookUp: true },
        schema: {
          tags: ["contact routes"],
          summary: "Whom to reach about an entity",
          querystring: z.strictObject({
            entity: entityParameter,
            via: viaParameter.optional(),
            purpose: purposeParameter,
            view: z.enum(["full", "brief"]).default("full"),
            at: atParameter.optional(),
          }),
          response: { 200: z.union([contactRouteSchema, briefRouteSchema]), ...problemResponses },
        },
      },
      async ({ query: { entity: text, via, purpose, view, at } }) => {
        const entity = readEntity(text, via ?? []);
        const now = clock();
        const route =
          at === undefined || at > now
            ? contactRoute({ entity, purpose, now, ...(await findRouteKnowledge(store, [entity])) })
            : contactRoute({ entity, purpose, now: at, ...(await findRouteKnowledgeAt(store, entity, at)) });
        return toView(route, view);
      },
    );

    app.post(
      "/route",
      {
        config: { lookUp: true },
        schema: {
          tags: ["contact routes"],
          summary: "Contact routes of up to 1,000 entities, grouped by recipient",
          description: "As of now: for the past, ask about one entity at a time with ?at=.",
          // Nothing may be given here, lest somebody takes an ignored ?at= for an answer about the past.
          querystring: z.strictObject({}),
          body: batchRequestSchema,
          response: { 200: batchResultSchema, ...problemResponses },
        },
      },
      async ({ body: { entities: given, purpose, view } }) => {
        const read = given.map((text) => ({ text, entity: parseEntity(text) }));
        const entities = read.flatMap(({ entity }) => (entity.ok ? [entity.value] : []));
        const knowledge = await findRouteKnowledge(store, entities);
        const now = clock();
        const routes: ContactRoute[] = [];
        const results = read.map(({ text, entity }) => {
          if (!entity.ok) return toUnreadEntity(text, entity.error);
          const route = contactRoute({ entity: entity.value, purpose, ...knowledge, now });
          routes.push(route);
          return toView(route, view);
        });
        const recipients = groupByRecipient(routes);
        const reached = new Set(recipients.flatMap((recipient) => recipient.entities.map(({ entity }) => entity)));
        return {
          results,
          recipients: recipients.map(toRecipient),
          unrouted: read.flatMap(({ text, entity }) => (entity.ok && reached.has(entity.value) ? [] : [text])),
        };
      },
    );
  };
}

function toView(route: ContactRoute, view: "full" | "brief") {
  return view === "brief" ? toBriefRoute(briefRoute(route)) : toContactRoute(route);
}

function readEntity(given: string, via: readonly ServerName[]): Entity {
  const parsed = parseEntityWithVia(given, via);
  if (parsed.ok) return { ...parsed.value, given };
  const { message, hint } = parsed.error;
  throw new RequestProblem({
    slug: "invalid-request",
    detail: `${message}. ${hint}`,
    errors: [{ field: "entity", value: describeValue(given), detail: message, fix: hint }],
  });
}
