import type { Instant } from "@switchboard/domain";

const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(9999, 0, 1);

/** A moment as Postgres reads it. What lies outside its comfortable range is cut to it: a visitor may ask for the year 200000. */
export function toTimestamp(instant: Instant): string {
  return new Date(cut(instant)).toISOString();
}

/** A moment as a batch in JSON holds it: epoch milliseconds, cut to the same range. */
export function toEpochMs(instant: Instant | null): number | null {
  return instant === null ? null : cut(instant);
}

/** SQL for the moment that a column of such a batch holds. */
export function fromEpochMs(column: string): string {
  return `'epoch'::timestamptz + ${column} * interval '1 millisecond'`;
}

function cut(instant: Instant): number {
  return Math.min(LATEST, Math.max(EARLIEST, instant));
}

export function toTimestampOrNull(instant: Instant | null): string | null {
  return instant === null ? null : toTimestamp(instant);
}
