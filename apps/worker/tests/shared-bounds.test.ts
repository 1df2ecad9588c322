import { setTimeout as sleep } from "node:timers/promises";
import { createAddressLimiter, createPlaces, Deferred, type SharedBounds, shareBounds } from "@switchboard/crawl";
import { createLogger, systemStopwatch } from "@switchboard/runtime";
import type { ServerDescription } from "@switchboard/simulator";
import { redisForTests } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { afterAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createRedisBounds } from "../src/redis-bounds.ts";
import { countProbed, startCrawl } from "./simulated-crawl.ts";
import { TEST_MS } from "./worker-process.ts";

const redis = await redisForTests();
afterAll(() => redis?.stop());
const url = redis?.url ?? "";

const PATIENCE_MS = 60_000;
const never = new AbortController().signal;
const ADDRESS = "2001:db8::1";

/** The bounds as one worker sees them. */
async function openBounds(options: { inFlight: number; perSecond: number; holdMs?: number; redisUrl?: string }) {
  const log = createLogger({ name: "test", level: "silent", destination: "stderr" });
  const [warn, info] = [vi.spyOn(log, "warn"), vi.spyOn(log, "info")];
  const bounds = await createRedisBounds({ redisUrl: url, holdMs: 60_000, log, ...options });
  onTestFinished(bounds.close);
  return { ...bounds, warn, info };
}

async function takeNow(bounds: SharedBounds) {
  const place = await bounds.take(ADDRESS);
  if (place.kind !== "taken") throw new Error(place.kind);
  return place;
}

describe.skipIf(redis === null)("bounds per address on Redis", () => {
  const client = new Redis(url, { lazyConnect: true });
  beforeEach(async () => void (await client.flushall()));
  afterAll(() => client.disconnect());

  test("places are counted over all workers, and one that is given back is anybody's", async () => {
    const [one, other] = [
      await openBounds({ inFlight: 3, perSecond: 0 }),
      await openBounds({ inFlight: 3, perSecond: 0 }),
    ];
    const first = await takeNow(one);
    await takeNow(other);
    await takeNow(one);
    expect(await other.take(ADDRESS)).toEqual({ kind: "full" });
    expect(await other.take("192.0.2.1")).toMatchObject({ kind: "taken" });
    first.release();
    await vi.waitFor(() => takeNow(other), PATIENCE_MS);
  });

  test("connections are spaced over all workers", async () => {
    const all = await Promise.all([1, 2, 3].map(() => openBounds({ inFlight: 0, perSecond: 20 })));
    const begunAt = performance.now();
    const waits = await Promise.all([...all, ...all, ...all].map(async (bounds) => (await takeNow(bounds)).waitMs));
    const tookMs = performance.now() - begunAt;
    const sorted = waits.toSorted((one, another) => one - another);
    expect(sorted[0]).toBe(0);
    expect(sorted.at(-1)).toBeGreaterThanOrEqual(400 - Math.ceil(tookMs));
    expect(sorted.at(-1)).toBeLessThanOrEqual(400);
  });

  test("nothing is kept: the places of a killed worker, and all else, go by themselves", async () => {
    const bounds = await openBounds({ inFlight: 1, perSecond: 20, holdMs: 2_000 });
    await takeNow(bounds);
    expect(await bounds.take(ADDRESS)).toEqual({ kind: "full" });
    expect((await client.keys("*")).length).toBeGreaterThan(0);
    for (const key of await client.keys("*")) {
      expect(key).toMatch(/^switchboard:/);
      // -1 is a key that stays; one that is gone meanwhile is as well.
      expect(await client.pttl(key)).not.toBe(-1);
    }
    await vi.waitFor(async () => expect(await client.keys("*")).toEqual([]), PATIENCE_MS);
    await takeNow(bounds);
  });

  test("a Redis that is away is told once, and so is its return; until then nobody waits for it", async () => {
    const own = await redisForTests();
    const bounds = await openBounds({ inFlight: 1, perSecond: 0, redisUrl: own?.url ?? "" });
    await takeNow(bounds);
    await own?.stop();
    await vi.waitFor(async () => expect(await bounds.take(ADDRESS)).toEqual({ kind: "unknown" }), PATIENCE_MS);
    const begunAt = performance.now();
    for (let n = 0; n < 100; n += 1) expect(await bounds.take(ADDRESS)).toEqual({ kind: "unknown" });
    expect(performance.now() - begunAt).toBeLessThan(1_000);
    expect(bounds.warn).toHaveBeenCalledTimes(1);
  });

  test("a Redis that does not answer any more holds nobody up for long, and is used again when it does", async () => {
    const bounds = await openBounds({ inFlight: 2, perSecond: 0 });
    await takeNow(bounds);
    await client.call("CLIENT", "PAUSE", "3000", "ALL");
    const begunAt = performance.now();
    for (let n = 0; n < 50; n += 1) expect((await bounds.take(ADDRESS)).kind).toBe("unknown");
    expect(performance.now() - begunAt).toBeLessThan(2_500);
    await vi.waitFor(async () => expect((await bounds.take(ADDRESS)).kind).not.toBe("unknown"), PATIENCE_MS);
    expect(bounds.warn).toHaveBeenCalledTimes(1);
    expect(bounds.info).toHaveBeenCalledTimes(1);
  });

  test("FLUSHALL loses who is there, nothing else", async () => {
    const bounds = await openBounds({ inFlight: 1, perSecond: 0 });
    const lost = await takeNow(bounds);
    await client.flushall();
    await takeNow(bounds);
    lost.release();
    expect(await bounds.take(ADDRESS)).toEqual({ kind: "full" });
  });

  test("a probe that finds an address taken by other workers leaves its place, and comes back later", async () => {
    const [others, mine] = [
      await openBounds({ inFlight: 1, perSecond: 0 }),
      await openBounds({ inFlight: 1, perSecond: 0 }),
    ];
    const theirs = await takeNow(others);
    const places = createPlaces(1);
    const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch: systemStopwatch() });
    const acquire = shareBounds(limiter, mine).acquireWithin(places);
    await places.take();
    const waiting = acquire(ADDRESS, never);
    await vi.waitFor(() => expect(places.taken()).toBe(0), PATIENCE_MS);
    theirs.release();
    (await waiting)();
    expect(places.taken()).toBe(1);

    await takeNow(others);
    const stop = new AbortController();
    const stopped = acquire(ADDRESS, stop.signal);
    const reason = new Error("stopped");
    await vi.waitFor(() => expect(places.taken()).toBe(0), PATIENCE_MS);
    stop.abort(reason);
    await expect(stopped).rejects.toBe(reason);
    await expect(acquire(ADDRESS, never)).rejects.toBeInstanceOf(Deferred);
    expect(places.taken()).toBe(1);
  });

  test("three workers take turns at an address: as fast as its bounds allow, and no faster", {
    timeout: TEST_MS,
  }, async () => {
    const [PER_SECOND, IN_FLIGHT, NAMES, ANSWER_MS] = [20, 8, 100, 20];
    const begunAt: number[] = [];
    let [open, peak] = [0, 0];
    async function openWorker() {
      const stopwatch = systemStopwatch();
      const limiter = createAddressLimiter({ inFlight: IN_FLIGHT, perSecond: PER_SECOND, stopwatch });
      const places = createPlaces(100);
      const bounds = await openBounds({ inFlight: IN_FLIGHT, perSecond: PER_SECOND });
      const acquire = shareBounds(limiter, bounds).acquireWithin(places);
      return async () => {
        await places.take();
        try {
          const release = await acquire(ADDRESS, never);
          begunAt.push(performance.now());
          open += 1;
          peak = Math.max(peak, open);
          await sleep(ANSWER_MS);
          open -= 1;
          release();
          return null;
        } catch (error) {
          if (error instanceof Deferred) return error;
          throw error;
        } finally {
          places.give();
        }
      };
    }
    const workers = await Promise.all([openWorker(), openWorker(), openWorker()]);
    async function probeUntilDone(n: number): Promise<void> {
      // Whoever claims a name that was put off is not who put it off.
      for (let turn = n; ; turn += 1) {
        const deferred = await workers[turn % workers.length]?.();
        if (!(deferred instanceof Deferred)) return;
        await sleep(deferred.afterMs);
      }
    }
    await Promise.all(Array.from({ length: NAMES }, (_, n) => probeUntilDone(n)));

    const began = begunAt.toSorted((one, other) => one - other);
    const inSecondFrom = (from: number) => began.filter((at) => at >= from && at < from + 1_000).length;
    expect(began.length).toBe(NAMES);
    // One that is late may catch up with the next.
    expect(Math.max(...began.map(inSecondFrom))).toBeLessThanOrEqual(PER_SECOND + 3);
    expect(peak).toBeLessThanOrEqual(IN_FLIGHT);
    const tookMs = (began.at(-1) ?? 0) - (began[0] ?? 0);
    expect(tookMs).toBeLessThan(2 * (NAMES / PER_SECOND) * 1_000);
  });

  test("three workers and one hoster: together they keep to the bounds of one", { timeout: TEST_MS }, async () => {
    const [PER_SECOND, PER_ADDRESS_IN_FLIGHT, NAMES] = [10, 5, 120];
    const hosted: ServerDescription[] = Array.from({ length: NAMES }, (_, n) => ({
      serverName: `server${n}.hoster.test`,
      behaviour: { family: "absent", how: "not-found" },
      addressNumber: 0,
    }));
    const { store, federation, startWorker, expectWholeTruth } = await startCrawl(url, hosted);
    const env = {
      SWITCHBOARD_PER_ADDRESS_PER_SECOND: String(PER_SECOND),
      SWITCHBOARD_PER_ADDRESS_IN_FLIGHT: String(PER_ADDRESS_IN_FLIGHT),
      SWITCHBOARD_IN_FLIGHT: "32",
    };
    const workers = [startWorker(env), startWorker(env), startWorker(env)];
    await workers[0]?.untilProbed(1);
    const begunAt = performance.now();
    const probedThen = await countProbed(store);
    await workers[0]?.untilProbed(NAMES);
    const leastMs = ((NAMES - probedThen) / PER_SECOND) * 1_000;
    expect(performance.now() - begunAt).toBeGreaterThan(0.8 * leastMs);
    await expectWholeTruth();
    const [load] = federation.loads();
    expect(load?.total).toBe(NAMES);
    // On its way a connection may catch up with the one before, and a server hears of its end a moment late; three workers
    // that know nothing of each other would come to three times the bounds.
    expect(load?.busiestSecond).toBeLessThanOrEqual(1.5 * PER_SECOND);
    expect(load?.peak).toBeLessThanOrEqual(PER_ADDRESS_IN_FLIGHT + 2);
    for (const worker of workers) expect((await worker.end("SIGTERM")).code).toBe(0);
  });
});
