import type { HopHeaders } from "./fetch-report.ts";
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS, toInstant } from "./instant.ts";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const IMF_FIXDATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;

/** Days from 1970-01-01 to a date of the proleptic Gregorian calendar (month counted from 1). */
function daysFromEpoch(year: number, month: number, day: number): number {
  // Counting years from March puts the leap day last, which makes the month lengths a closed formula.
  const y = month <= 2 ? year - 1 : year;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  return y * 365 + leapDays + dayOfYear - 719_468;
}

/**
 * An HTTP date in the one format that servers must send (RFC 9110 §5.6.7, IMF-fixdate); null for anything else.
 * The two obsolete formats are read as "no date": the bounds of the policy then apply, which is always safe.
 */
export function parseHttpDate(text: string): Instant | null {
  const match = IMF_FIXDATE.exec(text.trim());
  if (match === null) return null;
  const [, day, monthName, year, hour, minute, second] = match;
  const month = MONTHS.indexOf(monthName ?? "") + 1;
  if (month === 0 || Number(day) < 1 || Number(day) > 31) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  const days = daysFromEpoch(Number(year), month, Number(day));
  const ms = days * DAY_MS + Number(hour) * HOUR_MS + Number(minute) * MINUTE_MS + Number(second) * SECOND_MS;
  return toInstant(ms);
}

/** Delta-seconds (RFC 9111 §1.2.2): digits only; a number beyond 2^31 reads as 2^31. Null for anything else. */
function parseDeltaSeconds(text: string): number | null {
  return /^\d{1,20}$/.test(text) ? Math.min(Number(text), 2 ** 31) : null;
}

function cacheDirective(cacheControl: string, name: string): string | null {
  for (const part of cacheControl.split(",")) {
    const [key, value] = part.split("=", 2);
    if (key?.trim().toLowerCase() === name) return (value ?? "").trim().replace(/^"(.*)"$/, "$1");
  }
  return null;
}

/**
 * For how many milliseconds from now the answer calls itself fresh (RFC 9111 §4.2.1): `max-age` less `Age`, else
 * `Expires` less `Date`; 0 for `no-store`, `no-cache` or an `Expires` that is no date; null where the answer says nothing.
 */
export function freshnessLifetimeMs(headers: HopHeaders, now: Instant): number | null {
  if (headers.cacheControl !== null) {
    const { cacheControl } = headers;
    if (cacheDirective(cacheControl, "no-store") !== null || cacheDirective(cacheControl, "no-cache") !== null)
      return 0;
    const maxAge = parseDeltaSeconds(cacheDirective(cacheControl, "max-age") ?? "");
    if (maxAge !== null) {
      const age = parseDeltaSeconds(headers.age?.trim() ?? "") ?? 0;
      return Math.max(0, maxAge - age) * SECOND_MS;
    }
  }
  if (headers.expires === null) return null;
  const expires = parseHttpDate(headers.expires);
  if (expires === null) return 0;
  const date = headers.date === null ? null : parseHttpDate(headers.date);
  return Math.max(0, expires - (date ?? now));
}

/** The `Retry-After` of an answer in milliseconds from now (RFC 9110 §10.2.3: seconds or a date); null where it says nothing. */
export function retryAfterMs(headers: HopHeaders, now: Instant): number | null {
  if (headers.retryAfter === null) return null;
  const seconds = parseDeltaSeconds(headers.retryAfter.trim());
  if (seconds !== null) return seconds * SECOND_MS;
  const date = parseHttpDate(headers.retryAfter);
  return date === null ? null : Math.max(0, date - now);
}
