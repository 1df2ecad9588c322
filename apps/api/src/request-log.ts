import type { FastifyInstance } from "fastify";

/**
 * One line a request: its method, the pattern of its route, status and duration. Never its path, query or body: what
 * people look up is not ours to keep.
 */
export function registerRequestLog(app: FastifyInstance): void {
  app.addHook("onResponse", async (request, reply) => {
    request.log.info(
      {
        method: request.method,
        route: request.routeOptions.url ?? "(none)",
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
      },
      "answered",
    );
  });
}
