import type { TicketQueue } from "./ticket-queue.ts";

/** What one tick saw and did. */
export type Tick = { readonly due: number; readonly enqueued: number };

/**
 * Looks for due hostnames and tops the queue up to as many tickets as it takes to claim them, at most `maxWaiting`: more
 * would wait for nothing, since a tick comes again before they are worked off. `due` counts no further than that needs.
 */
export async function tick({
  store,
  queue,
  batchSize,
  maxWaiting,
}: {
  readonly store: { countDue(atMost: number): Promise<number> };
  readonly queue: Pick<TicketQueue, "countWaiting" | "enqueue">;
  readonly batchSize: number;
  readonly maxWaiting: number;
}): Promise<Tick> {
  const due = await store.countDue(batchSize * maxWaiting);
  if (due === 0) return { due, enqueued: 0 };
  const wanted = Math.min(maxWaiting, Math.ceil(due / batchSize));
  const enqueued = Math.max(0, wanted - (await queue.countWaiting()));
  if (enqueued > 0) await queue.enqueue(enqueued);
  return { due, enqueued };
}
