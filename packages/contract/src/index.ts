export {
  type BatchResultBody,
  batchRequestSchema,
  batchResultSchema,
  toRecipient,
  toUnreadEntity,
} from "./batch-route.ts";
export { briefRouteSchema, toBriefRoute } from "./brief-route.ts";
export {
  type Addresses,
  type ChangeBody,
  type ChangeRow,
  changeKindSchema,
  changePageSchema,
  changeSchema,
  toChange,
} from "./change.ts";
export { type Client, type ClientOptions, createClient, type Fetch } from "./client.ts";
export { type ContactHitBody, type ContactHitRow, contactHitSchema, toContactHit } from "./contact-hit.ts";
export {
  type ContactRouteBody,
  contactRouteSchema,
  toContactRoute,
} from "./contact-route.ts";
export {
  type DeliveryBody,
  deliverySchema,
  type HopBody,
  type TimingBody,
  toDelivery,
  toHop,
  toTiming,
} from "./delivery.ts";
export { type ExportRowBody, exportColumns, exportRowSchema, toExportRecords, toExportRow } from "./export-row.ts";
export { type FindingBody, findingSchema, toFinding, verdictSchema } from "./finding.ts";
export { type FreshnessBody, freshnessSchema, freshnessStateSchema, toFreshness } from "./freshness.ts";
export { instantSchema, parseIso, toIso, toIsoOrNull } from "./instant.ts";
export { type LintResultBody, lintResultSchema, toLintResult } from "./lint.ts";
export {
  type ListingBody,
  type ListingOutlineBody,
  listingOutlineSchema,
  listingSchema,
  toListing,
  toListingOutline,
} from "./listing.ts";
export { type Page, pageOf } from "./page.ts";
export {
  atParameter,
  changeKindsParameter,
  cursorParameter,
  entityParameter,
  limitParameter,
  MAX_BATCH,
  MAX_BODY_BYTES,
  MAX_LINT_BYTES,
  MAX_PAGE,
  MAX_QUERY_CHARACTERS,
  pageParameters,
  purposeParameter,
  revisionNumberParameter,
  roleParameter,
  searchTextParameter,
  serverNameParameter,
  softwareParameter,
  viaParameter,
} from "./parameter.ts";
export {
  isProblemSlug,
  PROBLEM_CONTENT_TYPE,
  PROBLEMS,
  type ProblemBody,
  type ProblemDetail,
  type ProblemOccurrence,
  type ProblemSlug,
  problemSchema,
  problemTypeSchema,
  toProblem,
  toProblemType,
} from "./problem.ts";
export {
  type RevisionBody,
  type RevisionRow,
  type RevisionSummaryBody,
  revisionSchema,
  revisionSummarySchema,
  toRevision,
  toRevisionSummary,
} from "./revision.ts";
export {
  type SoftwareBody,
  type SoftwareSpanBody,
  type SoftwareSpanRow,
  softwareHistorySchema,
  toSoftwareSpan,
} from "./software.ts";
export { outcomeKindSchema, type SpanBody, type SpanRow, spanSchema, toSpan } from "./span.ts";
export { type StatsBody, type StatsRow, statsSchema, toStats } from "./stats.ts";
export {
  type ProbeRequestBody,
  probeRequestSchema,
  type SubmissionBody,
  type SubmissionResultBody,
  submissionResultSchema,
  submissionSchema,
} from "./submission.ts";
export {
  type ContactBody,
  type ContactOutlineBody,
  contactSchema,
  type SupportDocumentBody,
  supportDocumentSchema,
  toContact,
  toSupportDocument,
} from "./support-document.ts";
export { toWebAddress } from "./web-address.ts";
