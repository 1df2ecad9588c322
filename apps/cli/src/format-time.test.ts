import { addMs, DAY_MS, HOUR_MS, SECOND_MS, toInstant } from "@switchboard/domain";
import { expect, test } from "vitest";
import { formatInstant } from "./format-time.ts";

const now = toInstant(Date.UTC(2026, 2, 1, 12));

test.each([
  [0, "now (2026-03-01 12:00 UTC)"],
  [-59 * SECOND_MS, "59 s ago (2026-03-01 11:59 UTC)"],
  [-3 * HOUR_MS - 1, "3 h ago (2026-03-01 08:59 UTC)"],
  [-400 * DAY_MS, "400 d ago (2025-01-25 12:00 UTC)"],
  [2 * DAY_MS, "in 2 d (2026-03-03 12:00 UTC)"],
])("%i ms from now is %j", (ms, text) => {
  expect(formatInstant(addMs(now, ms), now)).toBe(text);
});

test("what never was is never", () => expect(formatInstant(null, now)).toBe("never"));
