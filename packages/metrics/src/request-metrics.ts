import { Histogram, type Registry } from "prom-client";

/** A request that was answered. What it asked about is not here, and must never be. */
export type AnsweredRequest = {
  readonly method: string;
  /** The pattern of its route, never its path; null where no route took it. */
  readonly route: string | null;
  readonly status: number;
  readonly durationMs: number;
};

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Adds the metrics of the api to `registry`. Answers what to call for every request. */
export function createRequestMetrics(registry: Registry): (request: AnsweredRequest) => void {
  const durations = new Histogram({
    name: "switchboard_http_request_duration_seconds",
    help: "Duration of a request by method, pattern of its route and class of its status",
    labelNames: ["method", "route", "status"],
    buckets: REQUEST_SECONDS,
    registers: [registry],
  });
  return ({ method, route, status, durationMs }) =>
    durations.observe({ method, route: route ?? "none", status: `${Math.floor(status / 100)}xx` }, durationMs / 1_000);
}
