import type { Registry } from "prom-client";
import { addReading, type Log, READING_PATIENCE_MS } from "./reading.ts";

/** How a canary is. */
export type CanaryReading = {
  /** Since the newest change of its document that is in the feed; null where the directory does not know the canary. */
  readonly ageMs: number | null;
  /** Whether a change is missing in the feed that should be there by now. */
  readonly isLate: boolean;
};

/** Adds what a canary tells. Only for instances that keep one; `read` is called at every scrape. */
export function addCanary({
  registry,
  read,
  log,
}: {
  readonly registry: Registry;
  readonly read: () => Promise<CanaryReading>;
  readonly log: Log;
}): void {
  const shared = { registry, log, patienceMs: READING_PATIENCE_MS };
  addReading({
    ...shared,
    name: "switchboard_canary_late",
    help: "1 while a change of the canary is not in the feed in time, else 0",
    read: async () => ((await read()).isLate ? 1 : 0),
  });
  addReading({
    ...shared,
    name: "switchboard_canary_age_seconds",
    help: "Time since the last change of the canary that came into the feed; before the first, since it was added",
    async read() {
      const { ageMs } = await read();
      if (ageMs === null) throw new Error("the canary is not in the directory");
      return ageMs / 1_000;
    },
  });
}
