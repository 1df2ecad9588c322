/** How claims are cut into batches, how many batches run side by side, and how long a claim is lent. */
export type BatchPlan = { readonly batchSize: number; readonly lanes: number; readonly leaseMs: number };

/** The part of a lease that is left for recording: a probe still under way then is cut short and handed back. */
export const RECORDING_MS = 2_000;

/** A claim of 500 is still one cheap query; larger ones only make the last of them wait longer. */
const MAX_BATCH_SIZE = 500;
/** Small against what is in flight, so that the slow last probes of one batch leave most places to the others. */
const BATCHES_PER_IN_FLIGHT = 4;
/**
 * Claims held per place in flight. A batch is held until its slowest probe ends: with two, places idle where most servers
 * are dead; with three, a place that frees finds the next claim waiting.
 */
const CLAIMS_PER_PLACE = 3;
/** Deadlines for the short waits at busy addresses: a longer one is deferred, and its claim handed back. */
const POLITENESS_DEADLINES = 1;

/**
 * Plans batches for a bound of probes in flight and a probe's deadline. The lease is long enough for a claim that waits
 * for all claims before it, each taking its whole deadline; it is also how long a hostname waits when its worker was killed.
 */
export function planBatches({
  inFlight,
  deadlineMs,
}: {
  readonly inFlight: number;
  readonly deadlineMs: number;
}): BatchPlan {
  const batchSize = Math.min(MAX_BATCH_SIZE, Math.ceil(inFlight / BATCHES_PER_IN_FLIGHT));
  const lanes = Math.ceil((CLAIMS_PER_PLACE * inFlight) / batchSize);
  const leaseMs = (CLAIMS_PER_PLACE + POLITENESS_DEADLINES) * deadlineMs + RECORDING_MS;
  return { batchSize, lanes, leaseMs };
}
