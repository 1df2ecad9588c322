import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHttpDate } from "./http-date.ts";
import { toInstant } from "./instant.ts";

const NOW = toInstant(Date.UTC(2026, 10, 21, 7, 0, 0));
const SUNDAY_IN_1994 = Date.UTC(1994, 10, 6, 8, 49, 37);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const twoDigits = (value: number) => String(value).padStart(2, "0");
const timeOf = (date: Date) => date.toISOString().slice(11, 19);

describe("parseHttpDate", () => {
  test.each(["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"])(
    "reads %s, the example of RFC 9110",
    (text) => {
      expect(parseHttpDate(text, NOW)).toBe(SUNDAY_IN_1994);
      expect(parseHttpDate(` ${text} `, NOW)).toBe(SUNDAY_IN_1994);
    },
  );

  const seconds = fc.integer({ min: -30_610_224_000, max: 253_402_300_799 });

  test("reads every second that a server can write, as the platform does", () => {
    fc.assert(
      fc.property(seconds, (epochSeconds) => {
        const date = new Date(epochSeconds * 1000);
        fc.pre(date.getUTCFullYear() >= 1000);
        const asctime = `${DAYS[date.getUTCDay()]?.slice(0, 3)} ${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${timeOf(date)} ${date.getUTCFullYear()}`;
        expect(parseHttpDate(date.toUTCString(), NOW)).toBe(epochSeconds * 1000);
        expect(parseHttpDate(asctime, NOW)).toBe(epochSeconds * 1000);
      }),
    );
  });

  test("a year of two digits is the one that is nearest, but never more than 50 years ahead", () => {
    const aroundNow = fc.integer({ min: Date.UTC(1977, 0, 1) / 1000, max: Date.UTC(2076, 10, 20) / 1000 });
    fc.assert(
      fc.property(aroundNow, (epochSeconds) => {
        const date = new Date(epochSeconds * 1000);
        const year = twoDigits(date.getUTCFullYear() % 100);
        const text = `${DAYS[date.getUTCDay()]}, ${twoDigits(date.getUTCDate())}-${MONTHS[date.getUTCMonth()]}-${year} ${timeOf(date)} GMT`;
        expect(parseHttpDate(text, NOW)).toBe(epochSeconds * 1000);
      }),
    );
    expect(parseHttpDate("Monday, 23-Nov-76 07:00:00 GMT", NOW)).toBe(Date.UTC(1976, 10, 23, 7));
  });

  test.each([
    "Sun, 06 Nov 1994 08:49:37 +0100",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Thu, 31 Nov 1994 08:49:37 GMT",
    "Tue, 29 Feb 2022 08:49:37 GMT",
    "Sun, 32 Dec 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sunday, 31-Nov-94 08:49:37 GMT",
    "Sun Nov 06 08:49:37 1994 GMT",
    "1994-11-06T08:49:37Z",
    "0",
    "",
  ])("reads %j as no date", (text) => {
    expect(parseHttpDate(text, NOW)).toBeNull();
  });

  test("reads the last days there are", () => {
    expect(parseHttpDate("Thu, 29 Feb 2024 23:59:60 GMT", NOW)).toBe(Date.UTC(2024, 2, 1));
    expect(parseHttpDate("Sat, 31 Dec 1994 00:00:00 GMT", NOW)).toBe(Date.UTC(1994, 11, 31));
  });
});
