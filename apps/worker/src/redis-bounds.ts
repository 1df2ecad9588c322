import { randomUUID } from "node:crypto";
import type { SharedBounds, SharedPlace } from "@switchboard/crawl";
import type { Logger } from "@switchboard/runtime";
import { Redis } from "ioredis";

export type RedisBounds = SharedBounds & { close(): void };

/** Redis answers in well under a millisecond; what takes longer than this is as good as away. */
const PATIENCE_MS = 1_000;
/** After a failure Redis is not asked for so long, lest every probe wait for it. */
const LEAVE_ALONE_MS = 1_000;
/** No connection is spaced further ahead than this: whoever would be, asks again. */
const HORIZON_MS = 1_000;

/**
 * Takes a place at an address, judged by Redis' own clock: a set of who is there, each until it leaves or its time is
 * over, and the moment from which the next connection may begin. Answers the milliseconds until this one may, -1 where
 * the address is full. Both keys go by themselves.
 */
const TAKE = `
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local inFlight, spacing, hold, horizon = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if inFlight > 0 then
  redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
  if redis.call("ZCARD", KEYS[1]) >= inFlight then return -1 end
end
local start = now
if spacing > 0 then
  start = math.max(now, tonumber(redis.call("GET", KEYS[2]) or "0"))
  if start > now + horizon then return -1 end
  redis.call("SET", KEYS[2], string.format("%.3f", start + spacing), "PX", math.ceil(start + spacing - now))
end
if inFlight > 0 then
  redis.call("ZADD", KEYS[1], string.format("%.3f", start + hold), ARGV[5])
  redis.call("PEXPIRE", KEYS[1], math.ceil(start + hold - now))
end
return math.ceil(start - now)
`;

/**
 * The bounds per address of all workers on one Redis. Redis holds nothing but the last seconds: after a `FLUSHALL` an
 * address may for a moment see twice its bound. Where Redis is away each worker keeps to its own bounds and crawls on.
 * `holdMs` is how long a place outlives a worker that was killed.
 */
export async function createRedisBounds({
  redisUrl,
  inFlight,
  perSecond,
  holdMs,
  log,
}: {
  readonly redisUrl: string;
  /** 0: no bound. */
  readonly inFlight: number;
  /** 0: no bound. */
  readonly perSecond: number;
  readonly holdMs: number;
  readonly log: Logger;
}): Promise<RedisBounds> {
  const spacingMs = perSecond === 0 ? 0 : 1_000 / perSecond;
  const owner = randomUUID();
  let places = 0;
  let isAway = false;
  let leftAloneUntil = 0;
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    enableOfflineQueue: false,
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    commandTimeout: PATIENCE_MS,
    connectTimeout: PATIENCE_MS,
  });
  redis.on("error", noteAway);
  await redis.connect().catch(noteAway);

  function noteAway(error: unknown): void {
    leftAloneUntil = performance.now() + LEAVE_ALONE_MS;
    if (isAway) return;
    isAway = true;
    log.warn({ err: error }, "Redis does not answer: each worker keeps to its own bounds per address until it does");
  }

  function noteBack(): void {
    if (!isAway) return;
    isAway = false;
    log.info("Redis answers again: the bounds per address are shared between workers");
  }

  return {
    async take(address): Promise<SharedPlace> {
      if (performance.now() < leftAloneUntil) return { kind: "unknown" };
      if (redis.status !== "ready") {
        noteAway(new Error(`the connection is not ready: ${redis.status}`));
        return { kind: "unknown" };
      }
      places += 1;
      const member = `${owner}:${places}`;
      // In braces, so that both are on one node of a cluster.
      const holders = `switchboard:{address:${address}}:holders`;
      const next = `switchboard:{address:${address}}:next`;
      try {
        const waitMs = Number(
          await redis.eval(TAKE, 2, holders, next, inFlight, spacingMs, holdMs, HORIZON_MS, member),
        );
        noteBack();
        if (waitMs < 0) return { kind: "full" };
        return {
          kind: "taken",
          waitMs,
          // Not waited for: a place that is not given back is gone when its time is over.
          release: () => void (inFlight > 0 && redis.zrem(holders, member).catch(noteAway)),
        };
      } catch (error) {
        noteAway(error);
        return { kind: "unknown" };
      }
    },
    close: () => redis.disconnect(),
  };
}
