import { Deferred } from "./deferred.ts";
import type { Places } from "./places.ts";

/** Frees the place that was taken. Calling it again changes nothing. */
export type Release = () => void;

/** Waits for leave to use an address. Rejects with the signal's reason where that aborts first. */
export type Acquire = (address: string, signal: AbortSignal) => Promise<Release>;

/** Bounds what one resolved address is asked to bear, however many names it answers for (docs/revisit-policy.md, "Politeness"). */
export type AddressLimiter = {
  /** Waits as long as it takes, first come first served, and behind those who would rather come back than wait. */
  readonly acquire: Acquire;
  /**
   * For probes that hold one of `places`: a short wait leaves the place to others meanwhile. Where the wait would be long
   * it rejects at once with {@link Deferred}, so that a busy address holds up neither places nor claims.
   */
  acquireWithin(places: Places): Acquire;
  /** How many addresses are remembered just now: those in use, waited for, or connected to a moment ago. */
  size(): number;
};

/** A probe waits so long for an address; what would take longer is deferred. */
const PATIENCE_MS = 500;
/** A wait that turns out this long, because the address became slow, is given up. */
const GIVE_UP_MS = 4 * PATIENCE_MS;
/** Coming back sooner than this costs more than it brings. */
const LEAST_DEFERRAL_MS = 500;
/** Longer lines are looked at again by the hour: bounds may have changed, and somebody may ask for a probe. */
const LONGEST_DEFERRAL_MS = 3_600_000;
/** Deferred names come back a little slower than they are served, so that the line of those who wait drains. */
const SLACK = 1.05;
/** How long a probe is taken to hold an address that none has let go of yet. */
const UNKNOWN_HOLD_MS = 200;
/** What the latest probe weighs in the mean of how long an address is held. */
const LATEST_HOLD_WEIGHT = 0.2;
/** Addresses that can be forgotten are looked for this often, all at once: a timer for each would cost more than the rest. */
const TIDY_MS = 500;

type Waiter = {
  readonly since: number;
  readonly start: () => void;
  readonly refuse: (error: unknown) => void;
};

/** One address: its waiters queue for themselves, so a busy address never holds up another. */
type Lane = {
  inFlight: number;
  /** No connection may begin before this reading of the stopwatch. */
  nextStartMs: number;
  /** When the last of those who were deferred comes back. */
  lineEndMs: number;
  /** How long a probe holds the address, in the mean of the latest; null before the first. */
  holdMs: number | null;
  timer: NodeJS.Timeout | null;
  /** Those who do not wait long. */
  readonly waiters: Set<Waiter>;
  /** Those who wait as long as it takes: served when nobody else waits, so that they are in nobody's way. */
  readonly patient: Set<Waiter>;
};

/**
 * Creates a limiter of probes in flight per address and of connections begun per second per address, the latter evenly
 * spaced. A bound of 0 is no bound. `stopwatch` reads milliseconds and never jumps. An address is forgotten when
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
  let isTidying = false;

  function laneOf(address: string): Lane {
    let lane = lanes.get(address);
    if (lane === undefined) {
      lane = {
        inFlight: 0,
        nextStartMs: 0,
        lineEndMs: 0,
        holdMs: null,
        timer: null,
        waiters: new Set(),
        patient: new Set(),
      };
      lanes.set(address, lane);
      if (!isTidying) scheduleTidying();
    }
    return lane;
  }

  /** Takes a place for a connection that begins now. */
  function begin(lane: Lane): Release {
    const begunMs = stopwatch();
    lane.inFlight += 1;
    lane.nextStartMs = begunMs + spacingMs;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      lane.inFlight -= 1;
      const holdMs = stopwatch() - begunMs;
      lane.holdMs = lane.holdMs === null ? holdMs : lane.holdMs + LATEST_HOLD_WEIGHT * (holdMs - lane.holdMs);
      if (lane.waiters.size > 0 || lane.patient.size > 0) advance(lane);
    };
  }

  function canBegin(lane: Lane): boolean {
    return lane.inFlight < maxInFlight && lane.nextStartMs <= stopwatch();
  }

  function advance(lane: Lane): void {
    for (const line of [lane.waiters, lane.patient]) {
      for (const waiter of line) {
        if (!canBegin(lane)) break;
        line.delete(waiter);
        waiter.start();
      }
    }
    // Where no place is free, the release that frees one goes on from here.
    if (lane.waiters.size + lane.patient.size === 0 || lane.inFlight >= maxInFlight) return;
    lane.timer ??= setTimeout(
      () => {
        lane.timer = null;
        advance(lane);
      },
      Math.ceil(lane.nextStartMs - stopwatch()),
    );
  }

  function wait(lane: Lane, line: Set<Waiter>, signal: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        since: stopwatch(),
        start() {
          signal.removeEventListener("abort", onAbort);
          resolve(begin(lane));
        },
        refuse(error) {
          signal.removeEventListener("abort", onAbort);
          line.delete(waiter);
          reject(error);
        },
      };
      const onAbort = () => waiter.refuse(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      line.add(waiter);
      advance(lane);
    });
  }

  /** How far one name moves the line, by whichever bound is the narrower. */
  function turnMs(lane: Lane): number {
    return Math.max(spacingMs, (lane.holdMs ?? UNKNOWN_HOLD_MS) / maxInFlight);
  }

  /** How long somebody who comes now will wait, as far as can be told. */
  function expectedWaitMs(lane: Lane): number {
    const untilSpacedMs = Math.max(0, lane.nextStartMs - stopwatch());
    const untilFreeMs = lane.inFlight >= maxInFlight ? turnMs(lane) : 0;
    return Math.max(untilSpacedMs, untilFreeMs) + lane.waiters.size * turnMs(lane);
  }

  /** Gives the next turn behind those who wait and those who were deferred before. */
  function defer(lane: Lane): Deferred {
    const now = stopwatch();
    const turn = Math.max(lane.lineEndMs, now + Math.max(LEAST_DEFERRAL_MS, expectedWaitMs(lane)));
    const longest = now + LONGEST_DEFERRAL_MS;
    if (turn < longest) lane.lineEndMs = turn + SLACK * turnMs(lane);
    return new Deferred(Math.min(turn, longest) - now);
  }

  function scheduleTidying(): void {
    isTidying = true;
    setTimeout(tidy, TIDY_MS).unref();
  }

  function tidy(): void {
    isTidying = false;
    const now = stopwatch();
    for (const [address, lane] of lanes) {
      for (const waiter of lane.waiters) {
        if (now - waiter.since < GIVE_UP_MS) break;
        lane.holdMs = Math.max(lane.holdMs ?? 0, GIVE_UP_MS);
        waiter.refuse(defer(lane));
      }
      const isIdle = lane.inFlight === 0 && lane.waiters.size + lane.patient.size === 0;
      if (isIdle && lane.nextStartMs <= now && lane.lineEndMs <= now) {
        if (lane.timer !== null) clearTimeout(lane.timer);
        lanes.delete(address);
      }
    }
    if (lanes.size > 0) scheduleTidying();
  }

  return {
    acquire(address, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      const lane = laneOf(address);
      const isFree = lane.waiters.size + lane.patient.size === 0 && canBegin(lane);
      return isFree ? Promise.resolve(begin(lane)) : wait(lane, lane.patient, signal);
    },
    acquireWithin: (places) => (address, signal) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      const lane = laneOf(address);
      if (lane.waiters.size === 0 && canBegin(lane)) return Promise.resolve(begin(lane));
      if (expectedWaitMs(lane) > PATIENCE_MS || places.isDeserted()) return Promise.reject(defer(lane));
      return places.outside(() => wait(lane, lane.waiters, signal));
    },
    size: () => lanes.size,
  };
}
