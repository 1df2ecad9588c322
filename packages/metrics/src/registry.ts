import { collectDefaultMetrics, Registry } from "prom-client";

/** What is added to every event-loop delay, which is the time between two ticks. More often would keep an idle process busy. */
const EVENT_LOOP_TICK_MS = 50;

/**
 * Creates the one registry of a process. It comes with what Node says of itself: event-loop delay, CPU, memory, garbage
 * collection (`nodejs_*`, `process_*`).
 */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_TICK_MS });
  return registry;
}
