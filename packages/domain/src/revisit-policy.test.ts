import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS, toInstant } from "./instant.ts";
import { nextDueAt, nextIntervalMs, REVISIT_POLICY, type RevisitCircumstances } from "./revisit-policy.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21));
const POLICY = REVISIT_POLICY;
/** The last jitter there is below 1. */
const MOST = 1 - Number.EPSILON;

type Situation = RevisitCircumstances extends infer All
  ? All extends RevisitCircumstances
    ? Omit<All, "now" | "jitter" | "freshForMs" | "retryAfterMs">
    : never
  : never;
type Asked = Partial<Pick<RevisitCircumstances, "freshForMs" | "retryAfterMs">>;

/** Hours until the next visit, to the minute, with this jitter. */
function hours(situation: Situation, jitter: number, asked: Asked = {}): number {
  const circumstances = { now: NOW, jitter, freshForMs: null, retryAfterMs: null, ...asked, ...situation };
  return Math.round((nextDueAt(circumstances, POLICY) - NOW) / MINUTE_MS) / 60;
}

const settled = (intervalMs: number): Situation => ({ situation: "settled", intervalMs });
const failing = (failureCount: number, forMs = HOUR_MS): Situation => ({
  situation: "failing",
  failureCount,
  failingSince: addMs(NOW, -forMs),
});
const absent = (forMs: number): Situation => ({ situation: "absence-unconfirmed", absentSince: addMs(NOW, -forMs) });
const unusable: Situation = { situation: "unusable-unconfirmed" };

describe("the next visit, in hours, with the least jitter and with the most", () => {
  test.each<[string, Situation, number, number]>([
    ["after news", settled(POLICY.changedMs), 10.8, 12],
    ["a settled answer, in the middle", settled(2 * DAY_MS), 43.2, 48],
    ["a settled answer at the cap", settled(7 * DAY_MS), 151.2, 168],
    ["an interval that got too long", settled(90 * DAY_MS), 168, 168],
    ["an interval that got too short", settled(1), 1, 1],
    ["a first absence is looked at again when it can be confirmed", absent(0), 24, 25],
    ["an absence of some hours", absent(20 * HOUR_MS), 4, 5],
    ["an absence that could be confirmed by now", absent(30 * HOUR_MS), 1, 1],
    ["an absence from the future, by a clock that went back", absent(-DAY_MS), 24, 25],
    ["unusable answers", unusable, 21.6, 24],
    ["a first failure", failing(1), 1, 2],
    ["a second failure", failing(2), 1, 4],
    ["a fifth failure", failing(5), 1, 32],
    ["failures up to the cap", failing(8), 1, 168],
    ["so many failures that a power of two is no number", failing(2_000), 1, 168],
    ["failing for a day less than what counts as dead", failing(12, 29 * DAY_MS), 1, 168],
    ["dead for long: monthly", failing(12, 30 * DAY_MS), 648, 720],
    ["dead for years: monthly", failing(60, 900 * DAY_MS), 648, 720],
  ])("%s", (_case, situation, least, most) => {
    expect(hours(situation, 0)).toBeCloseTo(least, 1);
    expect(hours(situation, MOST)).toBeCloseTo(most, 1);
  });
});

describe("what headers ask for is honoured inside the bounds", () => {
  test.each<[string, Situation, Asked, number]>([
    ["fresh for longer than the interval: later", settled(12 * HOUR_MS), { freshForMs: 3 * DAY_MS }, 72],
    ["fresh for less: it is not later than it would be", settled(12 * HOUR_MS), { freshForMs: HOUR_MS }, 10.8],
    ["no-store: no sooner than it would be", settled(12 * HOUR_MS), { freshForMs: 0 }, 10.8],
    ["fresh for a year: at the cap", settled(12 * HOUR_MS), { freshForMs: 365 * DAY_MS }, 168],
    ["Retry-After beyond the back-off: honoured", failing(1), { retryAfterMs: 5 * HOUR_MS }, 5],
    ["Retry-After of a minute: not below the floor", failing(1), { retryAfterMs: MINUTE_MS }, 1],
    ["Retry-After of a year: not beyond the cap", failing(1), { retryAfterMs: 365 * DAY_MS }, 168],
    ["Retry-After of the long dead: monthly all the same", failing(9, 40 * DAY_MS), { retryAfterMs: HOUR_MS }, 648],
    ["freshness of a failure says nothing", failing(1), { freshForMs: 5 * DAY_MS }, 1],
    ["neither moves the look that confirms an absence", absent(0), { freshForMs: 7 * DAY_MS, retryAfterMs: 0 }, 24],
    ["nor the look at unusable answers", unusable, { freshForMs: 7 * DAY_MS, retryAfterMs: 7 * DAY_MS }, 21.6],
  ])("%s", (_case, situation, asked, expected) => {
    expect(hours(situation, 0, asked)).toBeCloseTo(expected, 1);
  });
});

test("an unchanged answer makes the interval longer by half, up to the cap; news begins anew", () => {
  const intervals = [nextIntervalMs(null, "unchanged", POLICY)];
  while (intervals.length < 9) intervals.push(nextIntervalMs(intervals.at(-1) ?? null, "unchanged", POLICY));
  expect(intervals.map((ms) => ms / HOUR_MS)).toEqual([12, 18, 27, 40.5, 60.75, 91.125, 136.6875, 168, 168]);
  expect(nextIntervalMs(7 * DAY_MS, "changed", POLICY)).toBe(12 * HOUR_MS);
  expect(nextIntervalMs(0, "unchanged", POLICY)).toBe(1.5 * HOUR_MS);
});

const longMs = fc.integer({ min: 0, max: 10 * 365 * DAY_MS });
const situations: fc.Arbitrary<Situation> = fc.oneof(
  longMs.map(settled),
  longMs.map(absent),
  fc.constant(unusable),
  fc.tuple(fc.nat(5_000), longMs).map(([count, forMs]) => failing(count, forMs)),
);
const jitters = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const askedFor = fc.record({ freshForMs: fc.option(longMs), retryAfterMs: fc.option(longMs) });

test("whatever the situation, the jitter and the headers: never sooner than the floor, never later than the cap, monthly for the dead", () => {
  fc.assert(
    fc.property(situations, jitters, askedFor, (situation, jitter, asked) => {
      const inMs = nextDueAt({ now: NOW, jitter, ...asked, ...situation }, POLICY) - NOW;
      const isDead = situation.situation === "failing" && NOW - situation.failingSince >= POLICY.deadAfterMs;
      expect(inMs).toBeGreaterThanOrEqual(isDead ? 0.9 * POLICY.deadMs : POLICY.floorMs);
      expect(inMs).toBeLessThanOrEqual(isDead ? POLICY.deadMs : POLICY.capMs);
    }),
  );
});

test("more jitter never brings a visit forward", () => {
  fc.assert(
    fc.property(situations, jitters, jitters, askedFor, (situation, one, other, asked) => {
      const dueAt = (jitter: number) => nextDueAt({ now: NOW, jitter, ...asked, ...situation }, POLICY);
      expect(dueAt(Math.max(one, other))).toBeGreaterThanOrEqual(dueAt(Math.min(one, other)));
    }),
  );
});

test.each<[string, Situation, Asked]>([
  ["settled", settled(DAY_MS), {}],
  ["settled at the cap", settled(7 * DAY_MS), {}],
  ["with the same lifetime", settled(12 * HOUR_MS), { freshForMs: DAY_MS }],
  ["gone", absent(0), {}],
  ["unusable", unusable, {}],
  ["failing for the first time", failing(1), {}],
  ["failing for long", failing(9), {}],
  ["failing, with the same Retry-After", failing(1), { retryAfterMs: DAY_MS }],
  ["long dead", failing(60, 90 * DAY_MS), {}],
])("names that came due together come apart: %s", (_case, situation, asked) => {
  const due = Array.from({ length: 60 }, (_, n) => hours(situation, n / 60, asked));
  expect(new Set(due).size).toBe(60);
});

test("asking for patience never brings a visit forward", () => {
  fc.assert(
    fc.property(situations, jitters, longMs, (situation, jitter, askedMs) => {
      const plain = { now: NOW, jitter, freshForMs: null, retryAfterMs: null, ...situation };
      const patient = { ...plain, freshForMs: askedMs, retryAfterMs: askedMs };
      expect(nextDueAt(patient, POLICY)).toBeGreaterThanOrEqual(nextDueAt(plain, POLICY));
    }),
  );
});
