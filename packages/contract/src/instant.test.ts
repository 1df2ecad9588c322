import { arbitraryInstant } from "@switchboard/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseIso, toIso } from "./instant.ts";

test("a moment survives the wire", () => {
  fc.assert(
    fc.property(arbitraryInstant, (instant) => {
      expect(parseIso(toIso(instant))).toEqual({ ok: true, value: instant });
    }),
  );
});

test.each([
  ["2026-11-21T08:00:00+01:00", Date.UTC(2026, 10, 21, 7)],
  ["2026-11-21", Date.UTC(2026, 10, 22) - 1],
])("%s is read", (text, value) => {
  expect(parseIso(text)).toEqual({ ok: true, value });
});

test.each(["", "yesterday", "1763712000", "2026-02-30", "2026-11-21T08:00:00", "2026-13-01T00:00:00Z"])(
  "%j is no moment",
  (text) => {
    expect(parseIso(text)).toMatchObject({ ok: false });
  },
);
