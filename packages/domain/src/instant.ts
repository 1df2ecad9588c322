declare const instantBrand: unique symbol;

/** A moment, in milliseconds since the Unix epoch. The domain never reads a clock: every moment is passed in. */
export type Instant = number & { readonly [instantBrand]: true };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The largest moment an ECMAScript date can hold (ECMA-262 §21.4.1.1). */
const MAX_EPOCH_MS = 8.64e15;

/** Mints an Instant from epoch milliseconds. Throws RangeError where the number is no moment: that is a bug of the caller. */
export function toInstant(epochMs: number): Instant {
  if (!Number.isInteger(epochMs) || Math.abs(epochMs) > MAX_EPOCH_MS) {
    throw new RangeError(`not a moment in epoch milliseconds: ${epochMs}`);
  }
  return epochMs as Instant;
}

/** The moment `ms` milliseconds after `instant` (before it, where negative), rounded to a whole millisecond. */
export function addMs(instant: Instant, ms: number): Instant {
  return toInstant(Math.round(instant + ms));
}
