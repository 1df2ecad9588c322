import fc from "fast-check";
import { expect, test } from "vitest";
import { type Canary, isCanaryVisitDue, judgeCanary, measureCanary, toCanaryName } from "./canary.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, toInstant } from "./instant.ts";

const MONDAY = Date.UTC(2026, 2, 2);
/** A moment of that week: day 0 is the Monday. */
const at = (day: number, hour: number, minute = 0) =>
  toInstant(MONDAY + day * DAY_MS + hour * HOUR_MS + minute * MINUTE_MS);
const LONG_AGO = at(-30, 12);
const canary = (known: Partial<Canary>): Canary => ({
  addedAt: LONG_AGO,
  lastProbedAt: null,
  lastChangeAt: null,
  ...known,
});

test.each([
  ["today's change is there", canary({ lastProbedAt: at(1, 0, 2), lastChangeAt: at(1, 0, 2) }), at(1, 18), "alive"],
  ["midnight is just past", canary({ lastProbedAt: at(0, 0, 2), lastChangeAt: at(0, 0, 2) }), at(1, 0, 59), "alive"],
  ["an hour has passed", canary({ lastProbedAt: at(0, 0, 2), lastChangeAt: at(0, 0, 2) }), at(1, 1), "not-probed"],
  ["probed, and nothing new", canary({ lastProbedAt: at(1, 0, 2), lastChangeAt: at(0, 0, 2) }), at(1, 1), "unchanged"],
  [
    "a worker's clock is behind",
    canary({ lastProbedAt: at(0, 23, 58), lastChangeAt: at(0, 23, 58) }),
    at(1, 9),
    "alive",
  ],
  ["added a moment ago", canary({ addedAt: at(1, 12) }), at(1, 12, 59), "too-young"],
  ["added an hour ago, no probe", canary({ addedAt: at(1, 12) }), at(1, 13), "not-probed"],
  ["added, probed, not there", canary({ addedAt: at(1, 12), lastProbedAt: at(1, 12, 1) }), at(1, 13), "unchanged"],
  ["added late in the evening", canary({ addedAt: at(0, 23, 50) }), at(1, 0, 30), "too-young"],
  ["not in the directory", null, at(1, 13), "not-listed"],
] as const)("%s", (_case, known, now, expected) => {
  const health = judgeCanary(known, now);
  expect(health.state === "late" ? health.reason : health.state).toBe(expected);
});

test("late since the change that is missing, or since it was added", () => {
  expect(judgeCanary(canary({}), at(1, 5))).toMatchObject({ since: at(1, 0) });
  expect(judgeCanary(canary({ addedAt: at(1, 3) }), at(1, 5))).toMatchObject({ since: at(1, 3) });
});

test.each([
  ["midnight is past", { lastProbedAt: at(0, 23, 59), lastChangeAt: at(0, 0, 2) }, at(1, 0), true],
  ["a probe just brought yesterday's", { lastProbedAt: at(1, 0, 1), lastChangeAt: at(0, 0, 2) }, at(1, 0, 10), false],
  ["that was ten minutes ago", { lastProbedAt: at(1, 0, 1), lastChangeAt: at(0, 0, 2) }, at(1, 0, 11), true],
  ["today's is there", { lastProbedAt: at(1, 0, 1), lastChangeAt: at(1, 0, 1) }, at(1, 23), false],
  ["the first probe is due anyway", {}, at(1, 23), false],
])("probed again: %s", (_case, known, now, expected) => {
  expect(isCanaryVisitDue(canary(known), now)).toBe(expected);
});

test("a canary probed whenever it should be is never late, and its age stays below a day and an hour", () => {
  const minutes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 200, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: DAY_MS - 1 }), minutes, (offsetMs, steps) => {
      let now = toInstant(MONDAY + offsetMs);
      let known = canary({ addedAt: now, lastProbedAt: now, lastChangeAt: now });
      const judged = steps.map((step) => {
        now = toInstant(now + step * MINUTE_MS);
        if (isCanaryVisitDue(known, now)) known = { ...known, lastProbedAt: now, lastChangeAt: now };
        return { ...judgeCanary(known, now), ...measureCanary(known, now) };
      });
      expect(judged.filter(({ state, isLate }) => state !== "alive" || isLate)).toEqual([]);
      expect(Math.max(...judged.map(({ ageMs }) => ageMs ?? Number.POSITIVE_INFINITY))).toBeLessThan(DAY_MS + HOUR_MS);
    }),
  );
});

test("an age needs a canary; one that is not there is late", () => {
  expect(measureCanary(canary({}), at(1, 0))).toEqual({ ageMs: at(1, 0) - LONG_AGO, isLate: true });
  expect(measureCanary(null, at(1, 0))).toEqual({ ageMs: null, isLate: true });
});

test("its name is a server name", () => {
  expect(toCanaryName("Canary.example.org")).toBe("Canary.example.org");
  expect(() => toCanaryName("canary example")).toThrow(RangeError);
});
