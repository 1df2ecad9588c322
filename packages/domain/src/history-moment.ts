import { type Instant, toInstant } from "./instant.ts";

/**
 * When a probe happened, as history tells it. A worker's clock may jump or be years off, and history goes one way: no
 * probe lies before the last one, nor after the end of its lease, which the directory's own clock gave out.
 */
export function toHistoryMoment(
  fetchedAt: Instant,
  { lastProbedAt, leaseUntil }: { readonly lastProbedAt: Instant | null; readonly leaseUntil: Instant },
): Instant {
  const notTooLate = Math.min(fetchedAt, leaseUntil);
  return toInstant(Math.max(notTooLate, lastProbedAt ?? notTooLate));
}
