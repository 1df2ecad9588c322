import fastifyStatic from "@fastify/static";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
export function buildPageRoutes({
  webRoot,
}: {
  webRoot: string;
  store: unknown;
  clock: unknown;
}): FastifyPluginAsyncZod {
  return async (app) => {
    await app.register(fastifyStatic, { root: webRoot, wildcard: false, index: "index.html" });
  };
}
