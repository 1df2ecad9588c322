import type { Acquire, AddressLimiter, Release } from "./address-limiter.ts";
import { Deferred } from "./deferred.ts";
import { pause } from "./pause.ts";
import type { Places } from "./places.ts";

/** What several processes ask of one address together: the same bounds, kept where all of them can see them. */
export type SharedBounds = {
  /** Takes a place at an address. Never rejects: where the bounds cannot be asked, `unknown`, and each process has its own. */
  take(address: string): Promise<SharedPlace>;
};

export type SharedPlace =
  | {
      readonly kind: "taken" /** A connection may begin then, not sooner. */;
      readonly waitMs: number;
      readonly release: Release;
    }
  | { readonly kind: "full" }
  | { readonly kind: "unknown" };

/** A full address is asked for again after so long, then twice as long each time. */
const FIRST_LOOK_MS = 50;
const LONGEST_LOOK_MS = 800;
/** A probe that finds an address full for this long comes back later: others have taken it over. */
const GIVE_UP_MS = 4_000;
const DEFERRAL_MS = 4_000;

/**
 * A limiter that keeps to the bounds of all processes together. The process' own limiter comes first, so that the shared
 * bounds are asked by no more probes than may use the address; asked they are once for a probe, unless it is full.
 */
export function shareBounds(
  limiter: AddressLimiter,
  shared: SharedBounds,
): Pick<AddressLimiter, "acquire" | "acquireWithin"> {
  function shareWith(acquire: Acquire, places: Places | null): Acquire {
    return async (address, signal) => {
      const release = await acquire(address, signal);
      try {
        const releaseShared = await takeShared(address, signal, places);
        return () => {
          releaseShared();
          release();
        };
      } catch (error) {
        release();
        throw error;
      }
    };
  }

  async function takeShared(address: string, signal: AbortSignal, places: Places | null): Promise<Release> {
    const place = await shared.take(address);
    if (place.kind === "unknown") return () => undefined;
    if (place.kind === "taken" && place.waitMs <= 0) return place.release;
    const wait = () => waitFor(place, address, signal, places !== null);
    return places === null ? wait() : places.outside(wait);
  }

  async function waitFor(
    first: SharedPlace,
    address: string,
    signal: AbortSignal,
    mayDefer: boolean,
  ): Promise<Release> {
    let place = first;
    let waitedMs = 0;
    for (let lookMs = FIRST_LOOK_MS; place.kind === "full"; lookMs = Math.min(2 * lookMs, LONGEST_LOOK_MS)) {
      if (mayDefer && waitedMs >= GIVE_UP_MS) throw new Deferred(DEFERRAL_MS);
      await pause(lookMs, signal);
      signal.throwIfAborted();
      waitedMs += lookMs;
      place = await shared.take(address);
    }
    if (place.kind === "unknown") return () => undefined;
    await pause(place.waitMs, signal);
    if (signal.aborted) {
      place.release();
      throw signal.reason;
    }
    return place.release;
  }

  return {
    acquire: shareWith(limiter.acquire, null),
    acquireWithin: (places) => shareWith(limiter.acquireWithin(places), places),
  };
}
