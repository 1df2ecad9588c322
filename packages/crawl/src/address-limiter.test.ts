import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type AddressLimiter, createAddressLimiter, type Release } from "./address-limiter.ts";

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
  await vi.advanceTimersByTimeAsync(500);
  expect(limiter.size()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
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
