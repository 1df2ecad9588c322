export type { ApiKey, ApiKeys } from "./api-keys.ts";
export type { Canaries } from "./canary.ts";
export {
  type AddedCandidates,
  type Candidates,
  MAX_CANDIDATES,
  type NameSource,
  type NewCandidates,
  type ProbeRequest,
} from "./candidates.ts";
export type { ChangeFilter, ChangePage, Changes, StoredChange } from "./changes.ts";
export type { Claim, ClaimRequest, Claims } from "./claims.ts";
export type { BadRow } from "./connection.ts";
export type { ContactSearch, Contacts, FoundContact } from "./contacts.ts";
export type { DiscoveryClaim, DiscoveryClaims } from "./discovery-claims.ts";
export type { Export } from "./export.ts";
export type { Listings } from "./listings.ts";
export { migrate } from "./migrate.ts";
export type { OptInEnd, OptInSummary, OptIns } from "./opt-ins.ts";
export type { OptOutSummary, OptOuts } from "./opt-outs.ts";
export type { CursorError, Page } from "./page.ts";
export type { Projections } from "./projections.ts";
export type { PublishedDocument, PublishedDocuments } from "./published-documents.ts";
export type { DiscoveryRecord, DiscoveryRecords } from "./record-discoveries.ts";
export type { ProbeRecord, ProbeRecords, RecordedProbes } from "./record-probes.ts";
export type { Judgement, Relint, RelintRequest, RelintSummary, StoredDocument } from "./relint.ts";
export type { Revision, RevisionSummary, Revisions } from "./revisions.ts";
export type { FoundListings, ListingSearch, Search } from "./search.ts";
export type { SetAsideName, SetAsideNames } from "./set-aside-names.ts";
export type { SoftwareHistory, SoftwareSpan } from "./software-history.ts";
export type { ScheduledSource, SourceLease, SourceRun, SourceRuns } from "./source-runs.ts";
export type { SourceStats } from "./source-stats.ts";
export type { Spans, StoredSpan } from "./spans.ts";
export type { Statistics, Stats } from "./stats.ts";
export { createStore, type Store, type StoreOptions } from "./store.ts";
