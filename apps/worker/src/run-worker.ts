import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Crawler } from "@switchboard/crawl";
import type { Logger } from "@switchboard/runtime";
import { tick } from "./tick.ts";
import type { TicketQueue } from "./ticket-queue.ts";

export type WorkerOptions = {
  readonly store: { countDue(atMost: number): Promise<number>; vacuumHotTables(): Promise<void> };
  readonly crawler: Pick<Crawler, "runBatch" | "inFlight">;
  readonly queue: TicketQueue;
  /** Tickets worked on at once. */
  readonly lanes: number;
  readonly batchSize: number;
  readonly tickMs: number;
  /** How long a stop waits for what is in flight to be recorded or handed back. */
  readonly stopMs: number;
  readonly log: Logger;
};

/** Tickets waiting per lane: enough to keep all lanes busy until the next tick. */
const WAITING_PER_LANE = 4;
/** A store that went away is not asked again with every tick. */
const FAILED_TICKS = 10;
/** Fewer probes than this leave too few dead rows behind for a vacuum of ours: Postgres' own sees to them. */
const PROBES_WORTH_A_VACUUM = 1_000;

/**
 * Works until `signal` aborts: ticks put tickets into the queue, tickets make the crawler claim and probe a batch, and when
 * the backlog of a sweep is drained the hot tables are vacuumed. Resolves when everything in flight is recorded or handed
 * back, or after `stopMs`, when what could not be handed back comes due by the end of its lease.
 */
export async function runWorker(options: WorkerOptions, signal: AbortSignal): Promise<void> {
  const { store, crawler, queue, lanes, batchSize, tickMs, stopMs, log } = options;
  let probedSinceVacuum = 0;

  async function workOnTicket(): Promise<void> {
    const batch = await crawler.runBatch({ signal });
    probedSinceVacuum += batch.recorded.length;
    log.debug({ ...batch, recorded: batch.recorded.length }, "a batch is done");
  }

  /** Answers how long to wait before looking again. */
  async function lookForWork(): Promise<number> {
    try {
      const { due } = await tick({ store, queue, batchSize, maxWaiting: WAITING_PER_LANE * lanes });
      if (due > 0 || crawler.inFlight() > 0 || probedSinceVacuum < PROBES_WORTH_A_VACUUM) return tickMs;
      log.info({ probed: probedSinceVacuum }, "nothing is due: the sweep is done");
      probedSinceVacuum = 0;
      await store.vacuumHotTables();
      return tickMs;
    } catch (error) {
      log.warn({ err: error }, "a tick failed; the next one tries again");
      return FAILED_TICKS * tickMs;
    }
  }

  async function tickUntilStopped(): Promise<void> {
    while (!signal.aborted) {
      await sleep(await lookForWork(), undefined, { signal }).catch(() => undefined);
    }
  }

  queue.work(workOnTicket, lanes);
  const ticking = tickUntilStopped();
  if (!signal.aborted) await once(signal, "abort");
  // A tick may hang on a store that went away: it too is waited for no longer than the rest.
  const stopped = Promise.all([ticking, queue.close()]).then(() => "in time" as const);
  if ((await Promise.race([stopped, sleep(stopMs, "too late" as const)])) === "too late") {
    log.warn("not everything could be handed back in time; it comes due when its lease ends");
  }
}
