import { collectDefaultMetrics, Registry } from "prom-client";

/**
 * Creates the one registry of a process. It comes with what Node says of itself: event-loop delay, CPU, memory, garbage
 * collection (`nodejs_*`, `process_*`).
 */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
