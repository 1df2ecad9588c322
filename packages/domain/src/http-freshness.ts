import type { HopHeaders } from "./fetch-report.ts";
import { parseHttpDate } from "./http-date.ts";
import { type Instant, SECOND_MS } from "./instant.ts";

/** Delta-seconds (RFC 9111 §1.2.2): digits only; a number beyond 2^31 reads as 2^31. Null for anything else. */
function parseDeltaSeconds(text: string): number | null {
  return /^\d{1,20}$/.test(text) ? Math.min(Number(text), 2 ** 31) : null;
}

/** The parts of a list between commas, those inside quotation marks left alone (RFC 9110 §5.6.1). */
function listMembers(text: string): readonly string[] {
  return text.match(/(?:[^,"]|"[^"]*")+/g) ?? [];
}

/** A directive's argument, "" where it has none; null where the directive is not there. Of several the first counts (RFC 9111 §4.2.1). */
function cacheDirective(cacheControl: string, name: string): string | null {
  for (const member of listMembers(cacheControl)) {
    const [key, value] = member.split("=", 2);
    if (key?.trim().toLowerCase() === name) return (value ?? "").trim().replace(/^"(.*)"$/, "$1");
  }
  return null;
}

/** How old the answer was when it came (RFC 9111 §4.2.3): by its `Date`, or by what caches on the way say, whichever is more. */
function ageMs({ date, age }: HopHeaders, now: Instant): number {
  const sentAt = date === null ? null : parseHttpDate(date, now);
  // Of several the first counts (RFC 9111 §5.1).
  const saidMs = (parseDeltaSeconds(age?.split(",")[0]?.trim() ?? "") ?? 0) * SECOND_MS;
  return Math.max(saidMs, now - (sentAt ?? now));
}

/**
 * For how many milliseconds from now the answer calls itself fresh (RFC 9111 §4.2): its lifetime by `max-age`, else by
 * `Expires` less `Date`, less its age; 0 for `no-store`, `no-cache`, and a `max-age` or an `Expires` that is none; null where
 * the answer says nothing.
 */
export function freshnessLifetimeMs(headers: HopHeaders, now: Instant): number | null {
  const lifetimeMs = saidLifetimeMs(headers, now);
  return lifetimeMs === null ? null : Math.max(0, lifetimeMs - ageMs(headers, now));
}

function saidLifetimeMs({ cacheControl, expires, date }: HopHeaders, now: Instant): number | null {
  if (cacheControl !== null) {
    if (cacheDirective(cacheControl, "no-store") !== null || cacheDirective(cacheControl, "no-cache") !== null)
      return 0;
    const maxAge = cacheDirective(cacheControl, "max-age");
    if (maxAge !== null) return (parseDeltaSeconds(maxAge) ?? 0) * SECOND_MS;
  }
  if (expires === null) return null;
  const sentAt = date === null ? null : parseHttpDate(date, now);
  return (parseHttpDate(expires, now) ?? Number.NEGATIVE_INFINITY) - (sentAt ?? now);
}

/** A `Retry-After` in milliseconds from now (RFC 9110 §10.2.3: seconds or a date); null where it is neither. */
export function parseRetryAfter(text: string, now: Instant): number | null {
  const seconds = parseDeltaSeconds(text.trim());
  if (seconds !== null) return seconds * SECOND_MS;
  const date = parseHttpDate(text, now);
  return date === null ? null : Math.max(0, date - now);
}
