import fc from "fast-check";
import { expect, test } from "vitest";
import { backOffMs, upToATenthLater, upToATenthSooner } from "./jitter.ts";

const JITTERS = Array.from({ length: 1_000 }, (_, n) => n / 1_000);
const POLICY = { failureBaseMs: 2_000, floorMs: 1_000, capMs: 64_000 };

test.each([
  [0, 1_000, 2_000],
  [1, 1_000, 2_000],
  [2, 1_000, 4_000],
  [3, 1_000, 8_000],
  [6, 1_000, 64_000],
  [7, 1_000, 64_000],
  [5_000, 1_000, 64_000],
])("after %i failures anywhere from %i to %i ms, as often in each tenth of that", (failureCount, least, most) => {
  const drawn = JITTERS.map((jitter) => backOffMs({ failureCount, jitter }, POLICY));
  const tenths = Map.groupBy(drawn, (ms) => Math.floor(((ms - least) / (most - least)) * 10));
  expect([...tenths.keys()].toSorted((one, other) => one - other)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  for (const { length } of tenths.values()) expect(length).toBeGreaterThanOrEqual(98);
});

test("the least is kept to where even the longest wait is shorter", () => {
  expect(backOffMs({ failureCount: 1, jitter: 0.5 }, { failureBaseMs: 10, floorMs: 1_000, capMs: 64_000 })).toBe(1_000);
});

test("what is spread lies within a tenth, on the side that is named", () => {
  const jitters = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 40 }), jitters, (ms, jitter) => {
      expect(upToATenthSooner(ms, jitter)).toBeGreaterThanOrEqual(0.9 * ms);
      expect(upToATenthSooner(ms, jitter)).toBeLessThanOrEqual(ms);
      expect(upToATenthLater(ms, jitter)).toBeGreaterThanOrEqual(ms);
      expect(upToATenthLater(ms, jitter)).toBeLessThanOrEqual(1.1 * ms);
    }),
  );
});
