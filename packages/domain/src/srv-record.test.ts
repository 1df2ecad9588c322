import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_SRV_RECORDS, orderSrvRecords, type SrvRecord } from "./srv-record.ts";

const record = fc.record({
  priority: fc.integer({ min: 0, max: 3 }),
  weight: fc.integer({ min: 0, max: 65_535 }),
  port: fc.nat(65_535),
  target: fc.constantFrom("a.example.org", "b.example.org", ""),
});
const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

function named(target: string, priority: number, weight: number): SrvRecord {
  return { priority, weight, port: 8448, target };
}

/** Gives these numbers, then the last of them for ever. */
function sequence(...shares: number[]): () => number {
  let at = 0;
  return () => shares[Math.min(at++, shares.length - 1)] ?? 0;
}

describe("orderSrvRecords", () => {
  test("answers the same records, the lowest priorities first, sixteen at most", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 40 }), fc.array(share, { minLength: 1 }), (records, shares) => {
        const ordered = orderSrvRecords(records, sequence(...shares));
        const priorities = ordered.map(({ priority }) => priority);
        const lowest = records.map(({ priority }) => priority).toSorted((one, other) => one - other);
        expect(priorities).toEqual(lowest.slice(0, MAX_SRV_RECORDS));
        for (const each of ordered) expect(records).toContain(each);
        expect(new Set(ordered).size).toBe(ordered.length);
      }),
    );
  });

  test.each<[number, string]>([
    [0, "none"],
    [0.19, "none"],
    [0.2, "three"],
    [0.79, "three"],
    [0.8, "one"],
    [0.99, "one"],
  ])("draws by weight inside of a priority, those of no weight at the lowest number only: %d", (drawn, first) => {
    const records = [named("three", 1, 3), named("none", 1, 0), named("one", 1, 1)];
    const ordered = orderSrvRecords(records, sequence(drawn)).map(({ target }) => target);
    expect(ordered[0]).toBe(first);
    expect(ordered.toSorted()).toEqual(["none", "one", "three"]);
  });

  test("gives each its share of first places", () => {
    const records = [named("heavy", 1, 30), named("light", 1, 10)];
    const draws = 1_000;
    const firsts = Array.from({ length: draws }, (_, n) => orderSrvRecords(records, sequence((n + 0.5) / draws))[0]);
    const heavy = firsts.filter((first) => first?.target === "heavy").length;
    expect(heavy / draws).toBeCloseTo(0.75, 1);
  });
});
