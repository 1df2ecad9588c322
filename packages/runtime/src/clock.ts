/** What time it is, in whole milliseconds since the Unix epoch. It may jump: never measure a duration with it. */
export type Clock = () => number;

/** How long this process has been running, in milliseconds: the clock to measure durations with, which never jumps. */
export type Stopwatch = () => number;

export function systemClock(): Clock {
  return () => Date.now();
}

export function systemStopwatch(): Stopwatch {
  return () => performance.now();
}
