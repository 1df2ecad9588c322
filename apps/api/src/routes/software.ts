import { serverNameParameter, softwareHistorySchema, toSoftwareSpan } from "@switchboard/contract";
import { serverKeyOf } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findListedServer } from "../find-listing.ts";
import { problemResponses } from "../problems.ts";

export type SoftwareRouteOptions = {
  readonly store: Pick<Store, "findListing" | "findListingAt" | "isOptedOut" | "listSoftware">;
};

/** What a server ran over time. */
export function buildSoftwareRoutes({ store }: SoftwareRouteOptions): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/servers/:name/software",
      {
        schema: {
          tags: ["history"],
          summary: "What a server ran, the latest first",
          description: "A row for each change of its software or version, a hundred before the present one at most.",
          params: z.object({ name: serverNameParameter }),
          querystring: z.strictObject({}),
          response: { 200: softwareHistorySchema, ...problemResponses },
        },
      },
      async ({ params: { name } }) => {
        await findListedServer(store, name);
        return { items: (await store.listSoftware(serverKeyOf(name))).map(toSoftwareSpan) };
      },
    );
  };
}
