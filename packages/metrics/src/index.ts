export type { Registry } from "prom-client";
export { addBacklog, BACKLOG_COUNTED_TO, type BacklogStore } from "./backlog.ts";
export { addCanary, type CanaryReading } from "./canary.ts";
export { type CrawlMetrics, createCrawlMetrics } from "./crawl-metrics.ts";
export { createDiscoveryMetrics, type DiscoveryMetrics } from "./discovery-metrics.ts";
export { addReading, type Log, READING_PATIENCE_MS, type ReadingOptions } from "./reading.ts";
export { createRegistry } from "./registry.ts";
export { type AnsweredRequest, createRequestMetrics } from "./request-metrics.ts";
