import { pageOf, pageParameters, serverNameParameter, spanSchema, toSpan } from "@switchboard/contract";
import { serverKeyOf } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findListedServer } from "../find-listing.ts";
import { toPaging, unwrapPage } from "../paging.ts";
import { problemResponses } from "../problems.ts";

export type SpanRouteOptions = {
  readonly store: Pick<Store, "findListing" | "findListingAt" | "isOptedOut" | "listSpans">;
};

/** How a server answered over time. */
export function buildSpanRoutes({ store }: SpanRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/servers/:name/spans",
      {
        schema: {
          tags: ["history"],
          summary: "A server's availability, the latest span first",
          params: z.object({ name: serverNameParameter }),
          querystring: z.strictObject(pageParameters),
          response: { 200: pageOf(spanSchema), ...problemResponses },
        },
      },
      async ({ params: { name }, query }) => {
        await findListedServer(store, name);
        const found = await store.listSpans(serverKeyOf(name), toPaging(query));
        const { items, nextCursor } = unwrapPage(found, query.cursor, "cursor");
        return { items: items.map(toSpan), nextCursor };
      },
    );
  };
}
