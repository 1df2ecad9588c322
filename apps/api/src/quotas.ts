import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { RequestProblem } from "./request-problem.ts";

/** How many requests an address may make in a window. An IPv6 address counts as its /64. */
type Quota = { readonly requests: number; readonly windowMs: number };
export type Quotas = { readonly default: Quota; readonly writes: Quota };

/**
 * Limits requests by client address and says so in the fields of draft-ietf-httpapi-ratelimit-headers-11 (structured
 * fields, which the plugin does not write itself).
 */
export async function registerQuotas(app: FastifyInstance, quotas: Quotas): Promise<void> {
  await app.register(rateLimit, { global: false });
  const counters = {
    default: app.createRateLimit({ max: quotas.default.requests, timeWindow: quotas.default.windowMs }),
    writes: app.createRateLimit({ max: quotas.writes.requests, timeWindow: quotas.writes.windowMs }),
  };
  app.addHook("onRequest", async (request, reply) => {
    const { quota } = request.routeOptions.config;
    if (quota === "none") return;
    const names = quota === "writes" ? (["default", "writes"] as const) : (["default"] as const);
    const policies: string[] = [];
    const remains: string[] = [];
    let waitSeconds: number | null = null;
    for (const name of names) {
      const count = await counters[name](request);
      if (count.isAllowed) continue;
      const windowSeconds = Math.ceil(count.timeWindow / 1000);
      policies.push(`"${name}";q=${count.max};w=${windowSeconds}`);
      remains.push(`"${name}";r=${count.remaining};t=${count.ttlInSeconds}`);
      if (count.isExceeded) waitSeconds = Math.max(waitSeconds ?? 0, count.ttlInSeconds);
    }
    reply.header("ratelimit-policy", policies.join(", ")).header("ratelimit", remains.join(", "));
    if (waitSeconds !== null) {
      throw new RequestProblem({
        slug: "rate-limited",
        detail: `Too many requests from your address: wait ${waitSeconds} s. One batch asks about 1,000 entities.`,
        retryAfterSeconds: waitSeconds,
      });
    }
  });
}
