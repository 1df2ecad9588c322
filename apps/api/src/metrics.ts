import { createRequestMetrics, type Registry } from "@switchboard/metrics";
import type { FastifyInstance } from "fastify";

/** Measures every request to the routes registered afterwards, and serves `registry` at `/metrics`. */
export function registerMetrics(app: FastifyInstance, registry: Registry): void {
  const observe = createRequestMetrics(registry);
  app.addHook("onResponse", (request, reply, done) => {
    observe({
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      durationMs: reply.elapsedTime,
    });
    done();
  });
  // It counts against the quota: a scrape asks the database, and the port may be open to anybody.
  app.get("/metrics", { schema: { hide: true } }, async (_request, reply) => {
    const text = await registry.metrics();
    return reply.type(registry.contentType).header("cache-control", "no-store").send(text);
  });
}
