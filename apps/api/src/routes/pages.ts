import fastifyStatic from "@fastify/static";
import { purposeParameter, viaParameter } from "@switchboard/contract";
import { contactRoute, type Instant } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { toContactRoutePage, toUnreadPage } from "../contact-route-page.ts";
import { parseEntityWithVia } from "../parse-entity-with-via.ts";
import { findRouteKnowledge } from "../route-listings.ts";

export type PageRouteOptions = {
  readonly store: Pick<Store, "findListings" | "listOptedOut">;
  readonly clock: () => Instant;
  /** The folder of the page at `/`. */
  readonly webRoot: string;
  /** The page about the crawler, which is the same as long as the process runs. */
  readonly crawlerPage: string;
};

/** What people open in a browser: the page at `/`, the page about the crawler, and a page with a stable address for every entity. */
export function buildPageRoutes({ store, clock, webRoot, crawlerPage }: PageRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(fastifyStatic, { root: webRoot, wildcard: false, index: "index.html", maxAge: 0 });

    // Where the crawler's User-Agent leads.
    app.get("/crawler", { schema: { hide: true } }, (_request, reply) =>
      reply.type("text/html; charset=utf-8").header("cache-control", "public, max-age=300").send(crawlerPage),
    );

    app.get(
      // Not one segment: people write mxc:// and links into an address as they are.
      "/r/*",
      {
        config: { lookUp: true },
        schema: {
          hide: true,
          params: z.object({ "*": z.string() }),
          querystring: z.strictObject({ purpose: purposeParameter, via: viaParameter.optional() }),
        },
      },
      async ({ params: { "*": text }, query: { purpose, via } }, reply) => {
        if (text === "") return reply.redirect("/", 303);
        reply.type("text/html; charset=utf-8").header("cache-control", "private, no-cache");
        const entity = parseEntityWithVia(text, via ?? []);
        if (!entity.ok) return reply.code(400).send(toUnreadPage(text, entity.error.message, entity.error.hint));
        const knowledge = await findRouteKnowledge(store, [entity.value]);
        return toContactRoutePage(contactRoute({ entity: entity.value, purpose, ...knowledge, now: clock() }));
      },
    );

    // The page at `/` asks by script; without one its form ends here.
    app.get(
      "/r",
      {
        config: { lookUp: true },
        schema: { hide: true, querystring: z.strictObject({ entity: z.string(), purpose: purposeParameter }) },
      },
      async ({ query: { entity, purpose } }, reply) => {
        const page = `/r/${encodeURIComponent(entity.trim())}`;
        return reply.redirect(purpose === "abuse" ? page : `${page}?purpose=${purpose}`, 303);
      },
    );
  };
}
