import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NO_HEADERS } from "../tests/hop-headers.ts";
import type { HopHeaders } from "./fetch-report.ts";
import { freshnessLifetimeMs, parseHttpDate, retryAfterMs } from "./http-freshness.ts";
import { toInstant } from "./instant.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21, 7, 0, 0));

describe("parseHttpDate", () => {
  test("reads every second that a server can write, as the platform does", () => {
    const seconds = fc.integer({ min: -30_610_224_000, max: 253_402_300_799 });
    fc.assert(
      fc.property(seconds, (epochSeconds) => {
        const date = new Date(epochSeconds * 1000);
        fc.pre(date.getUTCFullYear() >= 1000);
        expect(parseHttpDate(date.toUTCString())).toBe(epochSeconds * 1000);
      }),
    );
  });

  test.each([
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "0",
    "",
  ])("reads %j as no date", (text) => {
    expect(parseHttpDate(text)).toBeNull();
  });
});

describe("freshnessLifetimeMs", () => {
  test.each<[Partial<HopHeaders>, number | null]>([
    [{}, null],
    [{ cacheControl: "public, max-age=3600" }, 3_600_000],
    [{ cacheControl: 'max-age="60"' }, 60_000],
    [{ cacheControl: "max-age=3600", age: "600" }, 3_000_000],
    [{ cacheControl: "max-age=10", age: "600" }, 0],
    [{ cacheControl: "no-store, max-age=3600" }, 0],
    [{ cacheControl: "No-Cache" }, 0],
    [{ cacheControl: "max-age=-1" }, null],
    [{ cacheControl: "max-age=99999999999999999999" }, 2 ** 31 * 1000],
    [{ expires: "Sat, 21 Nov 2026 08:00:00 GMT" }, 3_600_000],
    [{ expires: "Sat, 21 Nov 2026 08:00:00 GMT", date: "Sat, 21 Nov 2026 07:30:00 GMT" }, 1_800_000],
    [{ expires: "0" }, 0],
    [{ cacheControl: "max-age=5", expires: "Sat, 21 Nov 2026 08:00:00 GMT" }, 5_000],
  ])("%j lives for %s ms", (headers, expected) => {
    expect(freshnessLifetimeMs({ ...NO_HEADERS, ...headers }, NOW)).toBe(expected);
  });
});

describe("retryAfterMs", () => {
  test.each<[string | null, number | null]>([
    [null, null],
    ["120", 120_000],
    ["Sat, 21 Nov 2026 07:05:00 GMT", 300_000],
    ["Sat, 21 Nov 2026 06:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
  ])("%j asks for %s ms", (retryAfter, expected) => {
    expect(retryAfterMs({ ...NO_HEADERS, retryAfter }, NOW)).toBe(expected);
  });
});
