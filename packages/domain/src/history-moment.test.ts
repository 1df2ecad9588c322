import { expect, test } from "vitest";
import { toHistoryMoment } from "./history-moment.ts";
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS, toInstant } from "./instant.ts";

const NOON = toInstant(Date.UTC(2026, 2, 1, 12));
const YESTERDAY = addMs(NOON, -DAY_MS);
const LEASE_END = addMs(NOON, MINUTE_MS);

test.each([
  ["a clock that is right is believed", NOON, YESTERDAY, NOON],
  ["a first probe has nothing before it", addMs(NOON, -HOUR_MS), null, addMs(NOON, -HOUR_MS)],
  ["a clock an hour behind does not go back before the last probe", addMs(NOON, -HOUR_MS), NOON, NOON],
  ["a clock an hour ahead does not reach beyond the lease", addMs(NOON, HOUR_MS), YESTERDAY, LEASE_END],
  ["a clock years ahead does not either, at the first probe", addMs(NOON, 9_999 * DAY_MS), null, LEASE_END],
  // A last probe that was told too late: time stands still until it has come.
  ["history never goes back", NOON, addMs(NOON, HOUR_MS), addMs(NOON, HOUR_MS)],
])("%s", (_case, fetchedAt, lastProbedAt, expected) => {
  expect(toHistoryMoment(fetchedAt, { lastProbedAt, leaseUntil: LEASE_END })).toBe(expected);
});
