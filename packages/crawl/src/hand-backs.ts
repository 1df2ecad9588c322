import type { Claim, CrawlStore } from "./crawl-store.ts";
import type { Log } from "./log.ts";

/** Gives claims back that were not probed, many in one statement. */
export type HandBacks = {
  /** Makes the claim's hostname due again `afterMs` from now. Resolves when that is written, or failed and logged. */
  add(claim: Claim, afterMs: number): Promise<void>;
};

type Entry = { readonly claim: Claim; readonly afterMs: number; readonly resolve: () => void };

/** Creates it; what comes within `delayMs` goes together. A claim that cannot be handed back comes due by the end of its lease. */
export function createHandBacks({
  store,
  log,
  delayMs,
}: {
  readonly store: Pick<CrawlStore, "handBack">;
  readonly log: Log;
  readonly delayMs: number;
}): HandBacks {
  let waiting: Entry[] = [];

  async function flush(): Promise<void> {
    const entries = waiting;
    waiting = [];
    try {
      await store.handBack(
        entries.map(({ claim: { hostname, token }, afterMs }) => ({ hostname, token, afterMs: Math.ceil(afterMs) })),
      );
    } catch (error) {
      log.warn(
        { err: error, claims: entries.length },
        "claims could not be handed back; they come due when their lease ends",
      );
    }
    for (const { resolve } of entries) resolve();
  }

  return {
    add: (claim, afterMs) =>
      new Promise((resolve) => {
        waiting.push({ claim, afterMs, resolve });
        if (waiting.length === 1) setTimeout(() => void flush(), delayMs);
      }),
  };
}
