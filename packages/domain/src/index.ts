export type * from "./change.ts";
export { decideProbe, type NewRevision, type ProbeDecision, validatorFor } from "./decide-probe.ts";
export { findDeliveryFindings } from "./delivery-findings.ts";
export { applyChanges, diffDocuments } from "./diff-documents.ts";
export * from "./fetch-report.ts";
export type * from "./finding.ts";
export * from "./freshness.ts";
export type { IdentifierError } from "./identifier-error.ts";
export * from "./instant.ts";
export { type Interpretation, interpretFetch } from "./interpret-fetch.ts";
export type * from "./listing.ts";
export { type MailAddress, mailDomainOf, mailKeyOf, parseMailAddress } from "./mail-address.ts";
export {
  type DocumentContext,
  type ParsedSupport,
  parseSupportDocument,
  RULES_VERSION,
} from "./parse-support-document.ts";
export * from "./probe-outcome.ts";
export * from "./purpose.ts";
export * from "./result.ts";
export { REVISIT_POLICY, type RevisitPolicy } from "./revisit-policy.ts";
export { findKnownRole, KNOWN_ROLES, type KnownRole, type StableRole, stableRole } from "./role.ts";
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
} from "./server-name.ts";
export * from "./server-state.ts";
export type * from "./support-document.ts";
export { MAX_IDENTIFIER_BYTES, type ParsedUserId, parseUserId, type UserId, type UserIdGrade } from "./user-id.ts";
