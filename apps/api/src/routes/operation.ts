import { isProblemSlug, PROBLEMS, problemTypeSchema, toProblemType } from "@switchboard/contract";
import { type Instant, judgeCanary, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { toCanaryProblem } from "../canary-problem.ts";
import { problemResponses } from "../problems.ts";
import { RequestProblem } from "../request-problem.ts";

const statusSchema = z.object({ status: z.enum(["ok", "ready"]) });

export type OperationRouteOptions = {
  readonly store: Pick<Store, "checkReady" | "readCanary">;
  readonly clock: () => Instant;
  /** Null where this instance keeps none. */
  readonly canary: ServerName | null;
};

/** What operators and their probes ask, and what a problem's `type` leads to. */
export function buildOperationRoutes({ store, clock, canary }: OperationRouteOptions): FastifyPluginAsyncZod {
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
          summary: "The database is reachable and migrated, and the canary, where there is one, is alive",
          querystring: z.strictObject({
            exclude: z.enum(["canary"]).optional().meta({ description: "What not to judge readiness by." }),
          }),
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
        if (canary === null || request.query.exclude === "canary") return { status: "ready" as const };
        const health = judgeCanary(await store.readCanary(serverKeyOf(canary)), clock());
        const problem = toCanaryProblem(canary, health);
        if (problem === null) return { status: "ready" as const };
        request.log.warn({ canary, health }, "the canary is late");
        throw new RequestProblem(problem);
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
