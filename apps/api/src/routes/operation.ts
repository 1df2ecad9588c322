import { isProblemSlug, PROBLEMS, problemTypeSchema, toProblemType } from "@switchboard/contract";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";

const statusSchema = z.object({ status: z.enum(["ok", "ready"]) });

/** What operators and their probes ask, and what a problem's `type` leads to. */
export function buildOperationRoutes({ store }: { store: Pick<Store, "checkReady"> }): FastifyPluginAsyncZod {
  return async (app) => {
    app.get(
      "/healthz",
      {
        config: { quota: "none" },
        schema: { tags: ["operation"], summary: "The process answers", response: { 200: statusSchema } },
      },
      async () => ({ status: "ok" as const }),
    );

    app.get(
      "/readyz",
      {
        config: { quota: "none" },
        schema: {
          tags: ["operation"],
          summary: "The database is reachable and migrated",
          response: { 200: statusSchema, ...problemResponses },
        },
      },
      async (request) => {
        try {
          await store.checkReady();
        } catch (error) {
          request.log.warn({ err: error }, "not ready");
          throw new RequestProblem({
            slug: "not-ready",
            detail: "The database is not reachable, or its migrations are not those of this release.",
            retryAfterSeconds: 5,
          });
        }
        return { status: "ready" as const };
      },
    );

    app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());

    app.get(
      "/problems/:slug",
      {
        schema: {
          tags: ["operation"],
          summary: "What a problem's type means",
          params: z.object({ slug: z.string() }),
          response: { 200: problemTypeSchema, ...problemResponses },
        },
      },
      async ({ params: { slug } }) => {
        if (isProblemSlug(slug)) return { type: toProblemType(slug), ...PROBLEMS[slug] };
        const known = Object.keys(PROBLEMS).join(", ");
        throw new RequestProblem({
          slug: "unknown-resource",
          detail: `There is no such problem. There are: ${known}.`,
        });
      },
    );
  };
}
