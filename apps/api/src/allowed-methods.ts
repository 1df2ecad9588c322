import type { FastifyInstance } from "fastify";
import { RequestProblem } from "./request-problem.ts";

/**
 * Answers 405 with `Allow` (RFC 9110 §15.5.6) where an address exists and the method does not. Call it before any route;
 * what it returns adds the routes that refuse, after all others.
 */
export function watchMethods(app: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set<string>();
    for (const one of [method].flat()) methods.add(one);
    methodsByUrl.set(url, methods);
  });
  return () => {
    for (const [url, allowed] of [...methodsByUrl]) {
      // OPTIONS is the CORS preflight's.
      const refused = app.supportedMethods.filter((method) => method !== "OPTIONS" && !allowed.has(method));
      if (url === "*" || refused.length === 0) continue;
      const allow = [...allowed].sort().join(", ");
      app.route({
        url,
        method: refused,
        schema: { hide: true },
        // Before the body is read: whatever it is, it is not taken.
        onRequest: async (_request, reply) => {
          reply.header("allow", allow);
          throw new RequestProblem({ slug: "method-not-allowed", detail: `This address takes ${allow}.` });
        },
        handler: async () => undefined,
      });
    }
  };
}
