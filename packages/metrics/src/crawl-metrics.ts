import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { addReading, type Log, READING_PATIENCE_MS } from "./reading.ts";

/** What a worker counts about its crawl. No hostname is ever a label: there are too many, and it is nobody's business. */
export type CrawlMetrics = {
  /** How long a probe took, waiting for our own limits not included, and how it ended: with a response, or how else. */
  observeProbe(probe: { readonly end: string; readonly durationMs: number }): void;
  /** What was recorded; `reason` null where the kind says it all. */
  countOutcome(outcome: { readonly kind: string; readonly reason: string | null }): void;
  countDiscarded(records: number): void;
  /** An operator's wish to be left alone, by what it was seen. */
  countOptOut(way: string): void;
  countDeferred(probes: number): void;
};

/** A dead server takes the connect time-out of 5 s, the slowest the deadline of 15 s. */
const PROBE_SECONDS = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7.5, 10, 15, 30];

/** Adds the metrics of a worker's crawl to `registry`. The functions are asked at every scrape. */
export function createCrawlMetrics({
  registry,
  inFlight,
  allowed,
  hasOutage,
  countTickets,
  log,
}: {
  readonly registry: Registry;
  readonly inFlight: () => number;
  /** How many may be in flight just now. */
  readonly allowed: () => number;
  readonly hasOutage: () => boolean;
  readonly countTickets: () => Promise<number>;
  readonly log: Log;
}): CrawlMetrics {
  const registers = [registry];
  new Gauge({
    name: "switchboard_probes_in_flight",
    help: "Probes under way, those that wait for a busy address left out",
    registers,
    collect() {
      this.set(inFlight());
    },
  });
  new Gauge({
    name: "switchboard_probes_allowed",
    help: "Probes that may be under way just now; below the setting while this process' processor is what they wait for",
    registers,
    collect() {
      this.set(allowed());
    },
  });
  new Gauge({
    name: "switchboard_own_outage",
    help: "1 while the crawl pauses because of an outage of our own, else 0",
    registers,
    collect() {
      this.set(hasOutage() ? 1 : 0);
    },
  });
  const durations = new Histogram({
    name: "switchboard_probe_duration_seconds",
    help: "Duration of a probe from its first DNS packet, redirects included, by how it ended",
    labelNames: ["end"],
    buckets: PROBE_SECONDS,
    registers,
  });
  const outcomes = new Counter({
    name: "switchboard_outcomes_total",
    help: "Recorded outcomes by kind and reason; a 304 counts as what it confirms",
    labelNames: ["kind", "reason"],
    registers,
  });
  const optOuts = new Counter({
    name: "switchboard_opt_outs_total",
    help: "Operators' wishes to be left alone that probes saw, by where: the document or dns",
    labelNames: ["way"],
    registers,
  });
  const discarded = new Counter({
    name: "switchboard_discarded_records_total",
    help: "Records discarded because the hostname's lease had passed to somebody else",
    registers,
  });
  const deferred = new Counter({
    name: "switchboard_deferred_probes_total",
    help: "Probes put off: their address was too busy, or their failure may be our own network's; each comes back",
    registers,
  });
  addReading({
    registry,
    log,
    name: "switchboard_queue_tickets",
    help: "Tickets waiting in the queue",
    read: countTickets,
    patienceMs: READING_PATIENCE_MS,
  });

  return {
    observeProbe: ({ end, durationMs }) => durations.observe({ end }, durationMs / 1_000),
    countOutcome: ({ kind, reason }) => outcomes.inc({ kind, reason: reason ?? "none" }),
    countDiscarded: (records) => discarded.inc(records),
    countOptOut: (way) => optOuts.inc({ way }),
    countDeferred: (probes) => deferred.inc(probes),
  };
}
