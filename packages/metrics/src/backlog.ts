import type { Registry } from "prom-client";
import { addReading, type Log, READING_PATIENCE_MS } from "./reading.ts";

/** What the backlog is read from. Both judge by the directory's clock. */
export type BacklogStore = {
  countDue(atMost: number): Promise<number>;
  /** In milliseconds since 1970; null where nothing ever comes due. */
  nextDueAt(): Promise<number | null>;
};

/** Beyond this it matters only that the backlog is long; how long it takes, its age tells. */
export const BACKLOG_COUNTED_TO = 100_000;

/** Adds the backlog of the directory: how many hostnames are due, and for how long the oldest of them has been. */
export function addBacklog({
  registry,
  store,
  clock,
  log,
}: {
  readonly registry: Registry;
  readonly store: BacklogStore;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: Log;
}): void {
  addReading({
    registry,
    log,
    name: "switchboard_backlog_hostnames",
    help: `Hostnames due and not lent out, counted up to ${BACKLOG_COUNTED_TO}`,
    read: () => store.countDue(BACKLOG_COUNTED_TO),
    patienceMs: READING_PATIENCE_MS,
  });
  addReading({
    registry,
    log,
    name: "switchboard_backlog_oldest_seconds",
    help: "For how long the oldest due hostname has been due; 0 where none is",
    async read() {
      const dueAt = await store.nextDueAt();
      return dueAt === null ? 0 : Math.max(0, clock() - dueAt) / 1_000;
    },
    patienceMs: READING_PATIENCE_MS,
  });
}
