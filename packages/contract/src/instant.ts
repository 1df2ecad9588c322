import { DAY_MS, err, type Instant, ok, type Result, toInstant } from "@switchboard/domain";
import { z } from "zod";

/** A moment on the wire: ISO 8601 (RFC 3339) in UTC with milliseconds. */
export const instantSchema = z.iso
  .datetime()
  .meta({ description: "RFC 3339, UTC", examples: ["2026-11-21T07:30:00.000Z"] });

const isoInstant = z.iso.datetime({ offset: true });
const isoDate = z.iso.date();

/** The wire form of a moment. */
export function toIso(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** The wire form of a moment that may be missing. */
export function toIsoOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toIso(instant);
}

/**
 * Parses a moment given by a client: RFC 3339 with an offset, or a bare date, which means the end of that day in UTC
 * ("as of that day").
 */
export function parseIso(text: string): Result<Instant, { message: string; hint: string }> {
  const date = isoDate.safeParse(text);
  if (date.success) return ok(toInstant(Date.parse(date.data) + DAY_MS - 1));
  const instant = isoInstant.safeParse(text);
  if (instant.success) return ok(toInstant(Date.parse(instant.data)));
  return err({
    message: "is no moment in time",
    hint: "Write an instant such as 2026-11-21T07:30:00Z, or a date such as 2026-11-21.",
  });
}
