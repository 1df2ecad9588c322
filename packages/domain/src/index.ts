export { type BriefRoute, briefRoute } from "./brief-route.ts";
export {
  type Canary,
  type CanaryHealth,
  isCanaryVisitDue,
  judgeCanary,
  measureCanary,
  toCanaryName,
} from "./canary.ts";
export { type FederationReach, judgeCandidate, parseCandidate } from "./candidate.ts";
export * from "./change.ts";
export {
  type ContactRoute,
  type ContactRouteRequest,
  contactRoute,
  listingKeysOf,
  type ServerRoute,
} from "./contact-route.ts";
export { type DiscoveredDecision, decideDiscovered } from "./decide-discovered.ts";
export { decideProbe, type NewRevision, type ProbeDecision, validatorFor } from "./decide-probe.ts";
export { findDeliveryFindings } from "./delivery-findings.ts";
export { applyChanges, diffDocuments } from "./diff-documents.ts";
export { type DirectoryRecord, directoryRecordNameOf, parseDirectoryRecords } from "./directory-record.ts";
export { DIRECTORY_KEY, OPT_OUT_WAYS, type OptOutWay } from "./directory-wish.ts";
export { DISCOVERY_POLICY, type DiscoveryPolicy } from "./discovery-policy.ts";
export type { DiscoveryFailure, DiscoveryReport, DiscoveryStep, FailedStep } from "./discovery-report.ts";
export { type DiscoveryState, type KnownDelegation, UNDISCOVERED } from "./discovery-state.ts";
export {
  type Entity,
  identifierOf,
  MAX_ENTITY_CHARACTERS,
  needsSender,
  parseEntity,
  printEntity,
  RELATIONS,
  type RelatedServer,
  type Relation,
  serversOfEntity,
} from "./entity.ts";
export { escapeHtml } from "./escape-html.ts";
export { type EventId, type ParsedEventId, parseEventId } from "./event-id.ts";
export * from "./fetch-report.ts";
export type * from "./finding.ts";
export { type CatalogueEntry, FINDING_CATALOGUE, type FindingCode } from "./finding-catalogue.ts";
export * from "./freshness.ts";
export { toHistoryMoment } from "./history-moment.ts";
export { parseRetryAfter } from "./http-freshness.ts";
export type { IdentifierError } from "./identifier-error.ts";
export * from "./instant.ts";
export { type Interpretation, interpretFetch } from "./interpret-fetch.ts";
export type * from "./listing.ts";
export { MAX_IDENTIFIER_BYTES } from "./localpart.ts";
export { type MailAddress, mailDomainOf, mailKeyOf, parseMailAddress } from "./mail-address.ts";
export { MAX_VIA, type MatrixReference, type RoomReference, type Via } from "./matrix-reference.ts";
export { buildMatrixTo, type MatrixToLink, type ParsedMatrixTo, parseMatrixTo } from "./matrix-to.ts";
export { type MatrixUri, type ParsedMatrixUri, parseMatrixUri } from "./matrix-uri.ts";
export { type MxcUri, type ParsedMxcUri, parseMxcUri } from "./mxc-uri.ts";
export { boundedDomainOf, NAME_BOUND, type NameBound } from "./name-bound.ts";
export { type NamespacedId, type ParsedNamespacedId, parseNamespacedId } from "./namespaced-id.ts";
export {
  earlierNeighbours,
  endOf,
  isDoubtful,
  judgeFailure,
  judgeWitnesses,
  type Neighbourhood,
  NO_EVIDENCE,
  OUTAGE_POLICY,
  type OutageEvidence,
  type OutagePolicy,
  type Sighting,
  suspectOutage,
  withSighting,
} from "./outage-policy.ts";
export {
  type DocumentContext,
  type ParsedSupport,
  parseSupportDocument,
  RULES_VERSION,
} from "./parse-support-document.ts";
export { toPrintable } from "./printable-text.ts";
export * from "./probe-outcome.ts";
export * from "./purpose.ts";
export { groupByRecipient, type Recipient, type RecipientEntity } from "./recipient.ts";
export { domainsAbove, type RegistrableDomain, registrableDomainOf } from "./registrable-domain.ts";
export * from "./result.ts";
export { REVISIT_POLICY, type RevisitPolicy } from "./revisit-policy.ts";
export { findKnownRole, KNOWN_ROLES, type KnownRole, type StableRole, stableRole } from "./role.ts";
export { type ParsedRoomAlias, parseRoomAlias, type RoomAlias } from "./room-alias.ts";
export { type ParsedRoomId, parseRoomId, type RoomId } from "./room-id.ts";
export type { Attempt, AttemptCode } from "./route-attempt.ts";
export {
  type ContactMethod,
  linkTo,
  type Method,
  type MethodSource,
  type RouteMethod,
  type RouteReason,
  type RouteReasonCode,
  type SetAsideMethod,
} from "./route-method.ts";
export {
  type DiscoveryFacts,
  decideDiscovery,
  type FederationTarget,
  type SrvAnswer,
} from "./server-discovery.ts";
export {
  type Hostname,
  hostnameOf,
  isAddressLiteral,
  parseHostname,
  parseServerName,
  portOf,
  type ServerKey,
  type ServerName,
  serverKeyOf,
  withoutRootDot,
} from "./server-name.ts";
export { interpretVersion, type ServerSoftware, type VersionAnswer } from "./server-software.ts";
export * from "./server-state.ts";
export type * from "./source-summary.ts";
export { orderSrvRecords, type SrvRecord } from "./srv-record.ts";
export type * from "./support-document.ts";
export { type ParsedUserId, parseUserId, partsOfUserId, type UserId, type UserIdGrade, userKeyOf } from "./user-id.ts";
export { interpretWellKnown, type WellKnownAnswer, wellKnownFreshForMs } from "./well-known-server.ts";
