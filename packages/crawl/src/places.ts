/** The places for probes under way in this process. Whoever waits for something else than a server gives its place back meanwhile. */
export type Places = {
  /** How many there are. */
  readonly size: number;
  /** Waits for a place, first come first served. Whoever takes one gives it back. */
  take(): Promise<void>;
  give(): void;
  /**
   * Runs `wait` without the place that the caller holds, and takes one again before all who wait for their first. Where
   * `wait` rejects the place is taken at once, full or not: the caller only needs it to end.
   */
  outside<T>(wait: () => Promise<T>): Promise<T>;
  /** Places taken just now; above the bound where that was lowered, and for the moment in which a wait has failed. */
  taken(): number;
  /** Whether somebody waits because all that may be taken are. */
  isFull(): boolean;
  /** Lets so many be taken from now on, at least one and at most as many as there are. What is taken stays so. */
  allow(count: number): void;
  /** How many may be taken just now. */
  allowed(): number;
  /** Lets so many of those who wait take one beyond what is allowed, as long as there are any. */
  admit(count: number): void;
  /** How many were given back since this was last asked. */
  readGiven(): number;
  /** Whether so many have left their places for a while that their claims would keep others from being probed. */
  isDeserted(): boolean;
};

/** Creates `size` places, all of which may be taken until {@link Places.allow} says otherwise. */
export function createPlaces(size: number): Places {
  let allowed = size;
  const newcomers: (() => void)[] = [];
  const returning: (() => void)[] = [];
  let taken = 0;
  let outside = 0;
  let given = 0;

  function fill(): void {
    while (taken < allowed && letNextIn());
  }

  function letNextIn(): boolean {
    const next = returning.shift() ?? newcomers.shift();
    if (next === undefined) return false;
    taken += 1;
    next();
    return true;
  }

  function join(line: (() => void)[]): Promise<void> {
    return new Promise((resolve) => {
      line.push(resolve);
      fill();
    });
  }

  function give(): void {
    taken -= 1;
    given += 1;
    fill();
  }

  return {
    size,
    take: () => join(newcomers),
    give,
    async outside(wait) {
      give();
      outside += 1;
      try {
        const waited = await wait();
        await join(returning);
        return waited;
      } catch (error) {
        taken += 1;
        throw error;
      } finally {
        outside -= 1;
      }
    },
    taken: () => taken,
    isFull: () => newcomers.length + returning.length > 0,
    allow(count) {
      allowed = Math.max(1, Math.min(size, Math.floor(count)));
      fill();
    },
    allowed: () => allowed,
    admit(count) {
      for (let n = 0; n < count && taken < size && letNextIn(); n += 1);
    },
    readGiven() {
      const since = given;
      given = 0;
      return since;
    },
    isDeserted: () => outside >= size,
  };
}
