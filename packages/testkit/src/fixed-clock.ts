import { addMs, type Instant, toInstant } from "@switchboard/domain";

export type FixedClock = {
  /** To be passed where a clock is asked for. */
  readonly now: () => Instant;
  /** Moves on by `ms` milliseconds and returns the new moment. */
  advance(ms: number): Instant;
  set(instant: Instant): void;
};

/** Noon of 1 March 2026, UTC: no end of a month, a year or a summer time nearby. */
export const NOON = toInstant(Date.UTC(2026, 2, 1, 12));

/** A clock that stands still until it is told to move. */
export function createFixedClock(start: Instant = NOON): FixedClock {
  let moment = start;
  return {
    now: () => moment,
    advance(ms) {
      moment = addMs(moment, ms);
      return moment;
    },
    set(instant) {
      moment = instant;
    },
  };
}
