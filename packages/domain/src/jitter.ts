/** Jitter, uniform in [0, 1), keeps what came due together from coming due together for ever. All durations in milliseconds. */

/** Up to a tenth less than `ms`. */
export function upToATenthSooner(ms: number, jitter: number): number {
  return ms * (0.9 + 0.1 * jitter);
}

/** Up to a tenth more than `ms`: for who asks not to be visited before. */
export function upToATenthLater(ms: number, jitter: number): number {
  return ms * (1 + 0.1 * jitter);
}

/**
 * Exponential back-off with full jitter: uniform between `floorMs` and `failureBaseMs` doubled with each failure after the
 * first, up to `capMs`. It is drawn between the two: a floor put under what was drawn would gather half of the first failures at it.
 */
export function backOffMs(
  { failureCount, jitter }: { readonly failureCount: number; readonly jitter: number },
  policy: { readonly failureBaseMs: number; readonly floorMs: number; readonly capMs: number },
): number {
  const { failureBaseMs, floorMs, capMs } = policy;
  // The exponent is bounded because 2^1024 is no number; the cap is long reached by then.
  const doublings = Math.min(30, Math.max(0, failureCount - 1));
  const ceilingMs = Math.max(floorMs, Math.min(capMs, failureBaseMs * 2 ** doublings));
  return floorMs + jitter * (ceilingMs - floorMs);
}
