import { Counter, Gauge, type Registry } from "prom-client";
import { BACKLOG_COUNTED_TO } from "./backlog.ts";
import { addReading, type Log, READING_PATIENCE_MS } from "./reading.ts";

/** What a worker counts about finding servers. No server name is ever a label. */
export type DiscoveryMetrics = {
  /** A recorded discovery: why there is no software, null where there is. */
  countDiscovery(failure: string | null): void;
};

/** Adds the metrics of server discovery to `registry`. `inFlight` and `countDue` are asked at every scrape. */
export function createDiscoveryMetrics({
  registry,
  inFlight,
  countDue,
  log,
}: {
  readonly registry: Registry;
  readonly inFlight: () => number;
  readonly countDue: (atMost: number) => Promise<number>;
  readonly log: Log;
}): DiscoveryMetrics {
  const registers = [registry];
  const discoveries = new Counter({
    name: "switchboard_discoveries_total",
    help: "Recorded discoveries of servers by result: answered, or why no version was read",
    labelNames: ["result"],
    registers,
  });
  new Gauge({
    name: "switchboard_discoveries_in_flight",
    help: "Discoveries under way, those that wait for a busy address included",
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  addReading({
    registry,
    log,
    name: "switchboard_discovery_backlog_names",
    help: `Server names due for discovery and not lent out, counted up to ${BACKLOG_COUNTED_TO}`,
    read: () => countDue(BACKLOG_COUNTED_TO),
    patienceMs: READING_PATIENCE_MS,
  });
  return { countDiscovery: (failure) => discoveries.inc({ result: failure ?? "answered" }) };
}
