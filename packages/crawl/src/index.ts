export { type AddressLimiter, createAddressLimiter, type Release } from "./address-limiter.ts";
export { type BatchPlan, planBatches } from "./batch-plan.ts";
export type { Claim, CrawlStore, ProbeRecord } from "./crawl-store.ts";
export {
  type BatchSummary,
  type Crawler,
  type CrawlerOptions,
  createCrawler,
  type Probe,
  type RecordedProbe,
} from "./crawler.ts";
export type { Log } from "./log.ts";
export { type Judgement, type RelintStore, relint, type StoredDocument } from "./relint.ts";
export { type SweepSummary, sweep } from "./sweep.ts";
