import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { keepPace, nextAllowance, nextTrickle, PACE_POLICY } from "./pace.ts";
import { createPlaces } from "./places.ts";

const MOST = 500;
const BUSY = 0.97;
const IDLE = 0.1;

describe("nextAllowance", () => {
  const reading = { allowed: 200, taken: 200, isFull: true, busyShare: IDLE };
  test.each([
    ["more where the loop has time and somebody waits", reading, 300],
    ["no more than there are", { ...reading, allowed: 490 }, MOST],
    ["no more where nobody waits", { ...reading, isFull: false }, 200],
    ["as many as before where the loop is neither busy nor free", { ...reading, busyShare: 0.85 }, 200],
    ["fewer where the loop is busy", { ...reading, busyShare: BUSY }, 160],
    ["never fewer than it takes to keep the loop busy", { ...reading, allowed: 65, busyShare: 1 }, PACE_POLICY.least],
    ["anew after a rest", { ...reading, allowed: MOST, taken: 0, isFull: false }, PACE_POLICY.least],
  ])("%s", (_name, given, expected) => {
    expect(nextAllowance(given, MOST, PACE_POLICY)).toBe(expected);
  });

  test("a process that is given few places opens them all, however busy", () => {
    expect(nextAllowance({ ...reading, allowed: 8, busyShare: 1 }, 8, PACE_POLICY)).toBe(8);
  });

  test("whatever is read, it stays between the least and the most; a free loop opens everything in the end", () => {
    const readings = fc.record({
      taken: fc.nat(2_000),
      isFull: fc.boolean(),
      busyShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.array(readings, { maxLength: 50 }), (most, seen) => {
        let allowed = most;
        for (const one of seen) {
          allowed = nextAllowance({ ...one, allowed }, most, PACE_POLICY);
          expect(allowed).toBeGreaterThanOrEqual(Math.min(most, PACE_POLICY.least));
          expect(allowed).toBeLessThanOrEqual(most);
        }
        for (let look = 0; look < 20; look += 1) {
          allowed = nextAllowance({ allowed, taken: allowed, isFull: true, busyShare: 0 }, most, PACE_POLICY);
        }
        expect(allowed).toBe(most);
      }),
    );
  });
});

describe("nextTrickle", () => {
  test.each([
    ["half of what was given back", 20, 10],
    ["never none, lest those that never answer keep the others out", 0, 2],
    ["no more than a twenty-fifth of all places", 400, 20],
  ])("%s", (_name, given, expected) => {
    expect(nextTrickle({ given, size: MOST }, PACE_POLICY)).toBe(expected);
  });

  test("a process that is given few places lets one in at a time", () => {
    expect(nextTrickle({ given: 0, size: 8 }, PACE_POLICY)).toBe(1);
  });
});

describe("keepPace", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("opens places as the loop can serve them, closes them when it cannot, and leaves them alone once stopped", async () => {
    const places = createPlaces(MOST);
    const stop = new AbortController();
    let busyShare = IDLE;
    keepPace({ places, readBusyShare: () => busyShare, signal: stop.signal });
    expect(places.allowed()).toBe(PACE_POLICY.least);

    // More than there are would like to begin.
    for (let n = 0; n < 2 * MOST; n += 1) void places.take();
    await vi.advanceTimersByTimeAsync(0);
    expect(places.taken()).toBe(PACE_POLICY.least);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(places.taken()).toBe(MOST);

    busyShare = 1;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(places.allowed()).toBe(PACE_POLICY.least);
    // What is under way goes on, and nobody takes the place of one that ends, until the next look lets a few in.
    for (let n = 0; n < 100; n += 1) places.give();
    expect(places.taken()).toBe(MOST - 100);
    await vi.advanceTimersByTimeAsync(100);
    expect(places.taken()).toBe(MOST - 80);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(places.taken()).toBe(MOST - 60);

    stop.abort();
    busyShare = IDLE;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(places.allowed()).toBe(PACE_POLICY.least);
  });

  test("a worker that serves slowly does not fill its places with probes that wait for it alone", async () => {
    const places = createPlaces(MOST);
    const stop = new AbortController();
    keepPace({ places, readBusyShare: () => 1, signal: stop.signal });
    for (let n = 0; n < 3 * MOST; n += 1) void places.take();
    for (let served = 0; served < MOST; served += 5) {
      await vi.advanceTimersByTimeAsync(100);
      for (let n = 0; n < 5; n += 1) places.give();
      expect(places.taken()).toBeLessThan(PACE_POLICY.least + 20);
    }
    stop.abort();
  });

  test("places that the dead hold keep nobody out, even where the loop is busy with something else", async () => {
    const places = createPlaces(MOST);
    const stop = new AbortController();
    for (let n = 0; n < MOST; n += 1) void places.take();
    keepPace({ places, readBusyShare: () => 1, signal: stop.signal });
    await vi.advanceTimersByTimeAsync(2_000);
    for (let n = 0; n < 100; n += 1) places.give();
    await vi.advanceTimersByTimeAsync(100);
    let begun = false;
    void places.take().then(() => {
      begun = true;
    });
    await vi.advanceTimersByTimeAsync(200);
    expect(begun).toBe(true);
    stop.abort();
  });
});
