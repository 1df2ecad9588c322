import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS, toInstant } from "./instant.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The three forms of RFC 9110 §5.6.7: the one that is sent today, and the two that recipients must still read. */
const FORMS: readonly RegExp[] = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  /^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  // Sunday, 06-Nov-94 08:49:37 GMT
  /^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  // Sun Nov  6 08:49:37 1994
  /^[A-Z][a-z]{2} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/** A year of two digits that seems to be more than so many years ahead is the last one that ended alike. */
const YEARS_AHEAD = 50;

/**
 * An HTTP date in any of the three forms of RFC 9110 §5.6.7; null for anything else, and for days and times that there
 * are not. `now` tells the century of the form whose years have two digits.
 */
export function parseHttpDate(text: string, now: Instant): Instant | null {
  const trimmed = text.trim();
  for (const form of FORMS) {
    const parts = form.exec(trimmed)?.groups;
    if (parts !== undefined) return toMoment(parts, now);
  }
  return null;
}

function toMoment(parts: Readonly<Record<string, string>>, now: Instant): Instant | null {
  const month = MONTHS.indexOf(parts["month"] ?? "") + 1;
  const day = Number(parts["day"]);
  const [hour = 0, minute = 0, second = 0] = (parts["time"] ?? "").split(":").map(Number);
  if (month === 0 || hour > 23 || minute > 59 || second > 60) return null;
  const timeMs = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
  const at = (year: number): Instant => toInstant(daysFromEpoch(year, month, day) * DAY_MS + timeMs);
  const year = parts["year"]?.length === 2 ? inCentury(Number(parts["year"]), at, now) : Number(parts["year"]);
  if (day < 1 || day > daysFromEpoch(year, month + 1, 1) - daysFromEpoch(year, month, 1)) return null;
  return at(year);
}

function inCentury(lastDigits: number, at: (year: number) => Instant, now: Instant): number {
  const latest = now + YEARS_AHEAD * 365.2425 * DAY_MS;
  let year = lastDigits;
  while (at(year + 100) <= latest) year += 100;
  return year;
}

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar (month counted from 1; 13 is January of the next year). */
function daysFromEpoch(year: number, month: number, day: number): number {
  // Counting years from March puts the leap day last, which makes the month lengths a closed formula.
  const y = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + dayOfYear - 719_468;
}
