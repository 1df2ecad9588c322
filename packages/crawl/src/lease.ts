import { RECORDING_MS } from "./batch-plan.ts";

/**
 * A lease as this process sees it. To be started before the claim is asked for, so that it ends no later than the
 * directory's, with time left for recording.
 */
export function startLease(leaseMs: number): { readonly signal: AbortSignal; readonly end: () => void } {
  const lease = new AbortController();
  const reservedMs = Math.min(RECORDING_MS, leaseMs / 4);
  const timer = setTimeout(() => lease.abort(new Error("the lease ends")), leaseMs - reservedMs);
  return { signal: lease.signal, end: () => clearTimeout(timer) };
}
