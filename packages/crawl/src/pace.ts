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
   * What may be taken at each look, however busy the loop is: the dead hold their places for seconds and cost nothing
   * meanwhile, so they must not keep the others out. `ofGiven`: this part of the places that were given back since the last
   * look. Below 1, or a worker that serves less than it lets in would fill all its places with probes that wait for it
   * alone. `least` and `most`: bounds, as parts of all places.
   */
  readonly trickle: { readonly ofGiven: number; readonly least: number; readonly most: number };
};

export const PACE_POLICY: PacePolicy = {
  busyShare: 0.9,
  freeShare: 0.8,
  shrink: 0.8,
  grow: 1.5,
  least: 64,
  trickle: { ofGiven: 0.5, least: 0.004, most: 0.04 },
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

/** How many may be taken at a look beyond what is allowed, where `given` of `size` places were given back since the last one. */
export function nextTrickle({ given, size }: { given: number; size: number }, { trickle }: PacePolicy): number {
  const least = Math.ceil(size * trickle.least);
  const most = Math.ceil(size * trickle.most);
  return Math.max(least, Math.min(most, Math.floor(given * trickle.ofGiven)));
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
  readonly places: Pick<Places, "size" | "allow" | "allowed" | "admit" | "readGiven" | "taken" | "isFull">;
  readonly readBusyShare: () => number;
  readonly signal: AbortSignal;
}): void {
  const look = () => {
    const reading = { allowed: places.allowed(), taken: places.taken(), isFull: places.isFull() };
    places.allow(nextAllowance({ ...reading, busyShare: readBusyShare() }, places.size, PACE_POLICY));
    places.admit(nextTrickle({ given: places.readGiven(), size: places.size }, PACE_POLICY));
  };
  look();
  const looking = setInterval(look, LOOK_EVERY_MS);
  // Nothing is to be kept alive for its sake.
  looking.unref();
  signal.addEventListener("abort", () => clearInterval(looking), { once: true });
}
