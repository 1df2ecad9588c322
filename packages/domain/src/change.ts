import type { Verdict } from "./finding.ts";
import type { Contact, SupportDocument } from "./support-document.ts";

/** A named difference of published content. `document-published` and `document-withdrawn` carry the whole document. */
export type ContentChange =
  | { readonly kind: "document-published"; readonly document: SupportDocument }
  | { readonly kind: "document-withdrawn"; readonly document: SupportDocument }
  | { readonly kind: "contact-added"; readonly contact: Contact }
  | { readonly kind: "contact-removed"; readonly contact: Contact }
  | { readonly kind: "contact-role-changed"; readonly before: Contact; readonly after: Contact }
  | { readonly kind: "contact-method-changed"; readonly before: Contact; readonly after: Contact }
  | { readonly kind: "support-page-changed"; readonly before: string | null; readonly after: string | null }
  | {
      readonly kind: "policies-changed";
      readonly before: SupportDocument["policies"];
      readonly after: SupportDocument["policies"];
    };

/** A named difference of how the server answers; published content is as it was. */
export type ConditionChange =
  | { readonly kind: "became-unreachable"; readonly reason: string }
  | { readonly kind: "became-refused"; readonly reason: string }
  | { readonly kind: "became-unusable"; readonly reason: string }
  /** The document is not there, not yet confirmed: published content stays until the withdrawal. */
  | { readonly kind: "became-absent" }
  | { readonly kind: "recovered"; readonly from: "unreachable" | "refused" | "unusable" | "absent" }
  /** The same content, judged otherwise: `server` corrected or broke the form of it, or our `rules` changed. */
  | {
      readonly kind: "verdict-changed";
      readonly before: Verdict;
      readonly after: Verdict;
      readonly cause: "server" | "rules";
    };

export type Change = ContentChange | ConditionChange;
export type ChangeKind = Change["kind"];

/** Every kind of condition change. */
export const CONDITION_CHANGE_KINDS = [
  "became-unreachable",
  "became-refused",
  "became-unusable",
  "became-absent",
  "recovered",
  "verdict-changed",
] as const satisfies readonly ConditionChange["kind"][];

/** Every kind of change, content first. */
export const CHANGE_KINDS = [
  "document-published",
  "document-withdrawn",
  "contact-added",
  "contact-removed",
  "contact-role-changed",
  "contact-method-changed",
  "support-page-changed",
  "policies-changed",
  ...CONDITION_CHANGE_KINDS,
] as const satisfies readonly ChangeKind[];
