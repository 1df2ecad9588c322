import type { Registry } from "prom-client";
import { addReading, type Log, READING_PATIENCE_MS } from "./reading.ts";

/** Adds the age of the newest change of the canary's document that is in the feed. Only for instances that keep a canary. */
export function addCanaryAge({
  registry,
  readAgeMs,
  log,
}: {
  readonly registry: Registry;
  /** Null where the directory does not know the canary. */
  readonly readAgeMs: () => Promise<number | null>;
  readonly log: Log;
}): void {
  addReading({
    registry,
    log,
    name: "switchboard_canary_age_seconds",
    help: "Time since the last change of the canary that came into the feed; before the first, since it was added",
    async read() {
      const ageMs = await readAgeMs();
      if (ageMs === null) throw new Error("the canary is not in the directory");
      return ageMs / 1_000;
    },
    patienceMs: READING_PATIENCE_MS,
  });
}
