import { setTimeout as sleep } from "node:timers/promises";
import { hostnameOf, type Instant, isCanaryVisitDue, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { Logger } from "@switchboard/runtime";
import type { Store } from "@switchboard/store";

export type CanaryOptions = {
  readonly store: Pick<Store, "addCandidates" | "makeDue" | "readCanary">;
  readonly name: ServerName;
  readonly clock: () => Instant;
  readonly log: Logger;
};

const LOOK_MS = 60_000;

/** Keeps the canary in the directory, and due as soon as its document has changed. Resolves when `signal` aborts. */
export async function keepCanary(options: CanaryOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await tendCanary(options);
    } catch (error) {
      options.log.warn({ err: error }, "the canary could not be looked after; it is tried again");
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Adds the canary where it is not known, makes it due where today's change is missing. All workers may do this at once. */
export async function tendCanary({ store, name, clock, log }: CanaryOptions): Promise<void> {
  const canary = await store.readCanary(serverKeyOf(name));
  if (canary === null) {
    const { optedOut } = await store.addCandidates({ names: [name], source: "canary", due: "now" });
    if (optedOut.length > 0) log.warn({ name }, "the canary is opted out: no change of it will ever arrive");
  } else if (isCanaryVisitDue(canary, clock())) {
    await store.makeDue([hostnameOf(name)]);
  }
}
