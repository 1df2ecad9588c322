/** Frees the place that was taken. Calling it again changes nothing. */
export type Release = () => void;

/** Bounds what one resolved address is asked to bear, however many names it answers for (docs/architecture.md, "Crawling"). */
export type AddressLimiter = {
  /** Waits for a place at `address`, first come first served. Rejects with the signal's reason where that aborts first. */
  acquire(address: string, signal: AbortSignal): Promise<Release>;
  /** How many addresses are remembered just now: those in use, waited for, or connected to a moment ago. */
  size(): number;
};

type Waiter = { readonly start: () => void };

/** One address: its waiters queue for themselves, so a busy address never holds up another. */
type Lane = {
  inFlight: number;
  /** No connection may begin before this reading of the stopwatch. */
  nextStartMs: number;
  timer: NodeJS.Timeout | null;
  readonly waiters: Set<Waiter>;
};

/**
 * Creates a limiter of probes in flight per address and of connections begun per second per address, the latter evenly
 * spaced. A bound of 0 is no bound. `stopwatch` reads milliseconds and never jumps. An address is forgotten as soon as
 * remembering it makes no difference, so a sweep of a million addresses holds only those of the last moment.
 */
export function createAddressLimiter({
  inFlight,
  perSecond,
  stopwatch,
}: {
  readonly inFlight: number;
  readonly perSecond: number;
  readonly stopwatch: () => number;
}): AddressLimiter {
  const lanes = new Map<string, Lane>();
  const maxInFlight = inFlight === 0 ? Number.POSITIVE_INFINITY : inFlight;
  const spacingMs = perSecond === 0 ? 0 : 1_000 / perSecond;

  function advance(address: string, lane: Lane): void {
    for (const waiter of lane.waiters) {
      if (lane.inFlight >= maxInFlight || lane.nextStartMs > stopwatch()) break;
      lane.waiters.delete(waiter);
      lane.inFlight += 1;
      lane.nextStartMs = stopwatch() + spacingMs;
      waiter.start();
    }
    const waitsForRelease = lane.inFlight >= maxInFlight || (lane.waiters.size === 0 && lane.inFlight > 0);
    if (waitsForRelease) return;
    if (lane.waiters.size === 0 && lane.nextStartMs <= stopwatch()) {
      forget(address, lane);
      return;
    }
    const waitMs = Math.ceil(lane.nextStartMs - stopwatch());
    lane.timer ??= setTimeout(() => {
      lane.timer = null;
      advance(address, lane);
    }, waitMs);
  }

  function forget(address: string, lane: Lane): void {
    if (lane.timer !== null) clearTimeout(lane.timer);
    lanes.delete(address);
  }

  return {
    acquire(address, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const lane = lanes.get(address) ?? { inFlight: 0, nextStartMs: 0, timer: null, waiters: new Set() };
      lanes.set(address, lane);

      return new Promise((resolve, reject) => {
        const onAbort = () => {
          lane.waiters.delete(waiter);
          advance(address, lane);
          reject(signal.reason);
        };
        const waiter: Waiter = {
          start() {
            signal.removeEventListener("abort", onAbort);
            resolve(releaseOnce(address, lane));
          },
        };
        signal.addEventListener("abort", onAbort, { once: true });
        lane.waiters.add(waiter);
        advance(address, lane);
      });
    },
    size: () => lanes.size,
  };

  function releaseOnce(address: string, lane: Lane): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      lane.inFlight -= 1;
      advance(address, lane);
    };
  }
}
