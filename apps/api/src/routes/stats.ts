import { statsSchema, toStats } from "@switchboard/contract";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problemResponses } from "../problems.ts";

/** The directory in numbers. */
export function buildStatsRoutes({ store }: { store: Pick<Store, "readStats"> }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/stats",
      {
        schema: {
          tags: ["stats"],
          summary: "Adoption now: outcomes, verdicts, roles, findings",
          querystring: z.strictObject({}),
          response: { 200: statsSchema, ...problemResponses },
        },
      },
      async () => toStats(await store.readStats()),
    );
  };
}
