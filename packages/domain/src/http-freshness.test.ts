import { describe, expect, test } from "vitest";
import { NO_HEADERS } from "../tests/hop-headers.ts";
import type { HopHeaders } from "./fetch-report.ts";
import { freshnessLifetimeMs, parseRetryAfter } from "./http-freshness.ts";
import { toInstant } from "./instant.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21, 7, 0, 0));

describe("freshnessLifetimeMs", () => {
  test.each<[Partial<HopHeaders>, number | null]>([
    [{}, null],
    [{ cacheControl: "public, max-age=3600" }, 3_600_000],
    [{ cacheControl: 'max-age="60"' }, 60_000],
    [{ cacheControl: "max-age=3600", age: "600" }, 3_000_000],
    [{ cacheControl: "max-age=10", age: "600" }, 0],
    [{ cacheControl: "no-store, max-age=3600" }, 0],
    [{ cacheControl: "No-Cache" }, 0],
    [{ cacheControl: "public" }, null],
    [{ cacheControl: "s-maxage=60" }, null],
    [{ cacheControl: "x-max-age=60" }, null],
    [{ cacheControl: "MAX-AGE=60 , public" }, 60_000],
    [{ cacheControl: 'private="x, max-age=5", max-age=60' }, 60_000],
    [{ cacheControl: 'no-cache="set-cookie", max-age=60' }, 0],
    [{ cacheControl: "max-age=60, max-age=5" }, 60_000],
    [{ cacheControl: "max-age=-1", expires: "Sat, 21 Nov 2026 08:00:00 GMT" }, 0],
    [{ cacheControl: "max-age" }, 0],
    [{ cacheControl: "max-age=1.5" }, 0],
    [{ cacheControl: "max-age=3600", age: "600, 900" }, 3_000_000],
    [{ cacheControl: "max-age=3600", age: "old" }, 3_600_000],
    [{ cacheControl: "max-age=3600", date: "Sat, 21 Nov 2026 06:50:00 GMT" }, 3_000_000],
    [{ cacheControl: "max-age=3600", age: "1200", date: "Sat, 21 Nov 2026 06:50:00 GMT" }, 2_400_000],
    [{ cacheControl: "max-age=3600", date: "Sat, 21 Nov 2026 09:00:00 GMT" }, 3_600_000],
    [{ cacheControl: "max-age=99999999999999999999" }, 2 ** 31 * 1000],
    [{ expires: "Sat, 21 Nov 2026 08:00:00 GMT" }, 3_600_000],
    [{ expires: "Sat, 21 Nov 2026 08:00:00 GMT", date: "Sat, 21 Nov 2026 07:30:00 GMT" }, 1_800_000],
    [{ expires: "Sat, 21 Nov 2026 08:00:00 GMT", age: "600" }, 3_000_000],
    [{ expires: "Sat, 21 Nov 2026 08:00:00 GMT", date: "Sat, 21 Nov 2026 06:00:00 GMT" }, 3_600_000],
    [{ expires: "Saturday, 21-Nov-26 08:00:00 GMT" }, 3_600_000],
    [{ expires: "Sat, 21 Nov 2026 06:00:00 GMT" }, 0],
    [{ expires: "0" }, 0],
    [{ cacheControl: "max-age=5", expires: "Sat, 21 Nov 2026 08:00:00 GMT" }, 5_000],
  ])("%j lives for %s ms", (headers, expected) => {
    expect(freshnessLifetimeMs({ ...NO_HEADERS, ...headers }, NOW)).toBe(expected);
  });
});

test("reading a directive takes time in proportion to its length", () => {
  const begunAt = performance.now();
  for (const part of ['"', '="', ',"', "max-age=", 'a="b" ', '\\"']) {
    freshnessLifetimeMs({ ...NO_HEADERS, cacheControl: part.repeat(16_384) }, NOW);
  }
  expect(performance.now() - begunAt).toBeLessThan(1_000);
});

describe("parseRetryAfter", () => {
  test.each<[string, number | null]>([
    ["120", 120_000],
    [" 0 ", 0],
    ["99999999999", 2 ** 31 * 1000],
    ["Sat, 21 Nov 2026 07:05:00 GMT", 300_000],
    ["Sat Nov 21 07:05:00 2026", 300_000],
    ["Sat, 21 Nov 2026 06:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
    ["1.5", null],
    ["", null],
  ])("%j asks for %s ms", (retryAfter, expected) => {
    expect(parseRetryAfter(retryAfter, NOW)).toBe(expected);
  });
});
