import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Acquire, type AddressLimiter, createAddressLimiter, type Release } from "./address-limiter.ts";
import { Deferred } from "./deferred.ts";
import { createPlaces } from "./places.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const stopwatch = () => performance.now();
const never = new AbortController().signal;

function acquireMany(limiter: AddressLimiter, address: string, count: number) {
  const releases: Release[] = [];
  for (let n = 0; n < count; n += 1) void limiter.acquire(address, never).then((release) => releases.push(release));
  return releases;
}

test("probes in flight at one address are bounded, and a place that frees goes to the next in line", async () => {
  const limiter = createAddressLimiter({ inFlight: 2, perSecond: 0, stopwatch });
  const releases = acquireMany(limiter, "192.0.2.1", 5);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(releases).toHaveLength(2);
  releases[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(releases).toHaveLength(3);
});

test("releasing twice frees one place only", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch });
  const releases = acquireMany(limiter, "192.0.2.1", 3);
  await vi.advanceTimersByTimeAsync(0);
  releases[0]?.();
  releases[0]?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(releases).toHaveLength(2);
});

test("connections to one address begin evenly, at most so many a second", async () => {
  const limiter = createAddressLimiter({ inFlight: 0, perSecond: 20, stopwatch });
  const releases = acquireMany(limiter, "192.0.2.1", 100);
  await vi.advanceTimersByTimeAsync(0);
  expect(releases).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(49);
  expect(releases).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(releases).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(950);
  expect(releases).toHaveLength(21);
});

test("a busy address does not hold up another", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 1, stopwatch });
  acquireMany(limiter, "192.0.2.1", 5_000);
  const quiet = acquireMany(limiter, "192.0.2.2", 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(quiet).toHaveLength(1);
});

test("a bound of 0 is no bound", async () => {
  const limiter = createAddressLimiter({ inFlight: 0, perSecond: 0, stopwatch });
  const releases = acquireMany(limiter, "192.0.2.1", 1_000);
  await vi.advanceTimersByTimeAsync(0);
  expect(releases).toHaveLength(1_000);
});

test("who stops waiting leaves the line, and takes no place", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch });
  const [first] = [await limiter.acquire("192.0.2.1", never)];
  const impatient = new AbortController();
  const waiting = limiter.acquire("192.0.2.1", impatient.signal);
  const next = acquireMany(limiter, "192.0.2.1", 1);
  const reason = new Error("no time");
  impatient.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  first?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(next).toHaveLength(1);
  await expect(limiter.acquire("192.0.2.1", impatient.signal)).rejects.toBe(reason);
});

test("aborting after the place was given changes nothing", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch });
  const stop = new AbortController();
  await limiter.acquire("192.0.2.1", stop.signal);
  stop.abort();
  const next = acquireMany(limiter, "192.0.2.1", 1);
  await vi.advanceTimersByTimeAsync(0);
  expect(next).toHaveLength(0);
});

test("an address is forgotten when its last connection is past, not before", async () => {
  const limiter = createAddressLimiter({ inFlight: 8, perSecond: 2, stopwatch });
  const release = await limiter.acquire("192.0.2.1", never);
  release();
  expect(limiter.size()).toBe(1);
  const tooSoon = acquireMany(limiter, "192.0.2.1", 1);
  await vi.advanceTimersByTimeAsync(499);
  expect(tooSoon).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(tooSoon).toHaveLength(1);
  tooSoon[0]?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(limiter.size()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

/** A probe as a crawler makes one: in a place, at one address, which it holds for so long. Answers the deferral, if it was. */
async function visit(places: ReturnType<typeof createPlaces>, acquire: Acquire, address: string, holdMs: number) {
  await places.take();
  try {
    const release = await acquire(address, never);
    await new Promise((resolve) => setTimeout(resolve, holdMs));
    release();
    return null;
  } catch (error) {
    if (error instanceof Deferred) return error;
    throw error;
  } finally {
    places.give();
  }
}

test("who waits for a busy address leaves the place in flight to others, and comes back before newcomers", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch });
  const places = createPlaces(1);
  const acquire = limiter.acquireWithin(places);
  const free = await limiter.acquire("192.0.2.1", never);
  const ended: string[] = [];
  const go = (name: string, address: string) => visit(places, acquire, address, 100).then(() => ended.push(name));
  void go("waits", "192.0.2.1");
  void go("other", "192.0.2.2");
  void go("newcomer", "192.0.2.3");
  await vi.advanceTimersByTimeAsync(10);
  expect(places.taken()).toBe(1);
  free();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toEqual(["other", "waits", "newcomer"]);
  expect(places.taken()).toBe(0);
});

test("a stop ends the waiting, and the place is given back once", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch });
  const places = createPlaces(1);
  await limiter.acquire("192.0.2.1", never);
  const stop = new AbortController();
  await places.take();
  const waiting = limiter.acquireWithin(places)("192.0.2.1", stop.signal).finally(places.give);
  expect(places.taken()).toBe(0);
  const reason = new Error("stopped");
  stop.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  expect(places.taken()).toBe(0);
});

test("those who wait as long as it takes are in nobody's way", async () => {
  const limiter = createAddressLimiter({ inFlight: 0, perSecond: 10, stopwatch });
  const places = createPlaces(10);
  const patient = acquireMany(limiter, "192.0.2.1", 100);
  const end = visit(places, limiter.acquireWithin(places), "192.0.2.1", 0);
  await vi.advanceTimersByTimeAsync(150);
  expect(await end).toBeNull();
  expect(patient).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(patient).toHaveLength(100);
});

test("where the wait would be long a probe is deferred at once, each to a turn of its own", async () => {
  const limiter = createAddressLimiter({ inFlight: 0, perSecond: 10, stopwatch });
  const places = createPlaces(1_000);
  const acquire = limiter.acquireWithin(places);
  const visits = Array.from({ length: 100 }, () => visit(places, acquire, "192.0.2.1", 10));
  await vi.advanceTimersByTimeAsync(2_500);
  const deferrals = (await Promise.all(visits)).filter((end) => end !== null).map(({ afterMs }) => afterMs);
  // Half a second of patience at ten a second, and the one that began at once.
  expect(deferrals).toHaveLength(100 - 6);
  expect(deferrals[0]).toBeGreaterThan(500);
  const steps = deferrals.slice(1).map((afterMs, n) => Math.round(afterMs - (deferrals[n] ?? 0)));
  expect(new Set(steps)).toEqual(new Set([105]));
});

test("an address that became slow gives up on those who wait, and learns how slow it is", async () => {
  const limiter = createAddressLimiter({ inFlight: 1, perSecond: 0, stopwatch });
  const places = createPlaces(50);
  const acquire = limiter.acquireWithin(places);
  const visits = Array.from({ length: 4 }, () => visit(places, acquire, "192.0.2.1", 10_000));
  await vi.advanceTimersByTimeAsync(10_000);
  const ends = await Promise.all(visits);
  expect(ends.filter((end) => end === null)).toHaveLength(1);
  const again = visit(places, acquire, "192.0.2.1", 10_000);
  const late = visit(places, acquire, "192.0.2.1", 10_000);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await again).toBeNull();
  expect((await late)?.afterMs).toBeGreaterThan(2_000);
});

test("no deferral is longer than an hour, whatever the line", async () => {
  const limiter = createAddressLimiter({ inFlight: 0, perSecond: 1, stopwatch });
  const places = createPlaces(10_000);
  const acquire = limiter.acquireWithin(places);
  const visits = Array.from({ length: 5_000 }, () => visit(places, acquire, "192.0.2.1", 0));
  await vi.advanceTimersByTimeAsync(2_500);
  const ends = await Promise.all(visits);
  expect(Math.max(...ends.map((end) => end?.afterMs ?? 0))).toBe(3_600_000);
});

test("5,000 names at one address: the others do as if it were not there, and it is served at its bound", async () => {
  const limiter = createAddressLimiter({ inFlight: 8, perSecond: 20, stopwatch });
  const places = createPlaces(100);
  const acquire = limiter.acquireWithin(places);
  const beginnings: number[] = [];
  let deferrals = 0;
  const counted: Acquire = async (address, signal) => {
    const release = await acquire(address, signal);
    if (address === "192.0.2.1") beginnings.push(performance.now());
    return release;
  };
  async function untilVisited(address: string): Promise<number> {
    for (;;) {
      const end = await visit(places, counted, address, 100);
      if (end === null) return performance.now();
      deferrals += 1;
      // A worker looks for what is due every so often, not at the very moment.
      await new Promise((resolve) => setTimeout(resolve, end.afterMs + 250 * Math.random()));
    }
  }
  const begun = performance.now();
  const hosted = Array.from({ length: 5_000 }, () => untilVisited("192.0.2.1"));
  const others = Array.from({ length: 2_000 }, (_, n) => untilVisited(`198.51.100.${n}`));
  await vi.advanceTimersByTimeAsync(10_000);
  // Twenty rounds of a hundred places, 100 ms each, had nobody else been there.
  expect(Math.max(...(await Promise.all(others))) - begun).toBeLessThan(2_000 * 1.2);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(Math.max(...(await Promise.all(hosted))) - begun).toBeLessThan((5_000 / 20) * 1_000 * 1.2);
  expect(beginnings).toHaveLength(5_000);
  expect(beginnings.filter((at, n) => at - (beginnings[n - 20] ?? -1e9) < 999)).toEqual([]);
  expect(deferrals).toBeLessThan(1.2 * 5_000);
});

test("whatever comes: the bounds hold, everybody is served in order or gone, and nothing is kept", async () => {
  const visit = fc.record({
    address: fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1"),
    arriveMs: fc.nat(3_000),
    holdMs: fc.nat(400),
    patienceMs: fc.option(fc.nat(800)),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(visit, { maxLength: 60 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 20 }),
      async (visits, inFlight, perSecond) => {
        const limiter = createAddressLimiter({ inFlight, perSecond, stopwatch });
        const begun = new Map<string, number[]>();
        const held = new Map<string, number>();
        let gone = 0;
        let mostHeld = 0;
        for (const { address, arriveMs, holdMs, patienceMs } of visits) {
          setTimeout(async () => {
            const patience = new AbortController();
            if (patienceMs !== null) setTimeout(() => patience.abort(new Error("gone")), patienceMs);
            try {
              const release = await limiter.acquire(address, patience.signal);
              begun.set(address, [...(begun.get(address) ?? []), performance.now()]);
              held.set(address, (held.get(address) ?? 0) + 1);
              mostHeld = Math.max(mostHeld, held.get(address) ?? 0);
              setTimeout(() => {
                held.set(address, (held.get(address) ?? 0) - 1);
                release();
              }, holdMs);
            } catch {
              gone += 1;
            }
          }, arriveMs);
        }
        await vi.runAllTimersAsync();
        if (inFlight > 0) expect(mostHeld).toBeLessThanOrEqual(inFlight);
        for (const starts of begun.values()) {
          const tooClose = starts.filter((start, n) => perSecond > 0 && start - (starts[n - perSecond] ?? -1e9) < 999);
          expect(tooClose).toEqual([]);
        }
        expect([...begun.values()].flat().length + gone).toBe(visits.length);
        expect(limiter.size()).toBe(0);
        expect(vi.getTimerCount()).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
});
