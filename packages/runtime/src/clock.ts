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

/**
 * Reads the share of the time since it was last called in which this process' event loop was busy, 0 to 1. Waiting for a
 * processor that others use counts as busy, too.
 */
export function systemBusyShare(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
