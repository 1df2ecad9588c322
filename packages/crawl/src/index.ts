export { type Acquire, type AddressLimiter, createAddressLimiter, type Release } from "./address-limiter.ts";
export { type BatchPlan, planBatches } from "./batch-plan.ts";
export type { Claim, CrawlStore, ProbeRecord, SeenWish } from "./crawl-store.ts";
export {
  type BatchSummary,
  type Crawler,
  type CrawlerOptions,
  createCrawler,
  type Probe,
  type RecordedProbe,
} from "./crawler.ts";
export { Deferred } from "./deferred.ts";
export {
  createDiscoveryCrawler,
  type Discover,
  type DiscoveryClaim,
  type DiscoveryCrawler,
  type DiscoveryCrawlerOptions,
  type DiscoveryRecord,
  type DiscoveryStore,
} from "./discovery-crawler.ts";
export type { Log } from "./log.ts";
export { keepPace } from "./pace.ts";
export { createPlaces, type Places } from "./places.ts";
export { type Judgement, type RelintStore, relint, type StoredDocument } from "./relint.ts";
export { type SharedBounds, type SharedPlace, shareBounds } from "./share-bounds.ts";
export { type SweepProgress, type SweepSummary, sweep } from "./sweep.ts";
