import type { Places } from "./places.ts";

/**
 * How many probes are under way at once, where this machine is the bottleneck. More than it can serve make none of them
 * faster: each waits longer for its turn, memory grows, and servers look slow that are not.
 */
type PacePolicy = {
  /** From this share of the time on the event loop counts as busy: fewer probes keep it just as busy. */
  readonly busyShare: number;
  /** Up to this share more probes can be served. */
  readonly freeShare: number;
  readonly shrink: number;
  readonly grow: number;
  /** Never fewer: so many keep the loop busy whatever else the servers wait for. Also where it begins. */
  readonly least: number;
  /**
   * This part of all places may be taken at each look, however busy the loop is: the dead hold theirs for seconds and cost
   * nothing meanwhile, so they must not keep the others out.
   */
  readonly trickle: number;
};

export const PACE_POLICY: PacePolicy = {
  busyShare: 0.9,
  freeShare: 0.8,
  shrink: 0.8,
  grow: 1.5,
  least: 64,
  trickle: 0.04,
};

/** A look at the crawl: how many may be under way, whether more would like to, and the loop's busy share since the last look. */
type PaceReading = {
  readonly allowed: number;
  readonly taken: number;
  readonly isFull: boolean;
  readonly busyShare: number;
};

/** How many may be under way from now on, at most `most`. After a rest it begins anew, lest a burst finds all doors open. */
export function nextAllowance(reading: PaceReading, most: number, policy: PacePolicy): number {
  const { allowed, taken, isFull, busyShare } = reading;
  const least = Math.min(most, policy.least);
  if (taken === 0) return least;
  if (busyShare >= policy.busyShare) return Math.max(least, Math.floor(allowed * policy.shrink));
  if (isFull && busyShare <= policy.freeShare) return Math.min(most, Math.ceil(allowed * policy.grow));
  return allowed;
}

const LOOK_EVERY_MS = 100;

/**
 * Keeps as many of the places open as the process can serve, until `signal` aborts. `readBusyShare` tells the share
 * of the time since it was last asked in which the event loop was busy, 0 to 1.
 */
export function keepPace({
  places,
  readBusyShare,
  signal,
}: {
  readonly places: Pick<Places, "size" | "allow" | "allowed" | "admit" | "taken" | "isFull">;
  readonly readBusyShare: () => number;
  readonly signal: AbortSignal;
}): void {
  const look = () => {
    const reading = { allowed: places.allowed(), taken: places.taken(), isFull: places.isFull() };
    places.allow(nextAllowance({ ...reading, busyShare: readBusyShare() }, places.size, PACE_POLICY));
    places.admit(Math.ceil(places.size * PACE_POLICY.trickle));
  };
  look();
  const looking = setInterval(look, LOOK_EVERY_MS);
  // Nothing is to be kept alive for its sake.
  looking.unref();
  signal.addEventListener("abort", () => clearInterval(looking), { once: true });
}
