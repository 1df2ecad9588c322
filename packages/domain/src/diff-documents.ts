import type { ContentChange } from "./change.ts";
import type { SupportDocument } from "./support-document.ts";

/** The named differences that lead from `before` to `after`; null is "nothing published". */
export function diffDocuments(_before: SupportDocument | null, _after: SupportDocument | null): ContentChange[] {
  return [];
}

/** `document` after `changes`: what `diffDocuments` took apart. */
export function applyChanges(
  document: SupportDocument | null,
  _changes: readonly ContentChange[],
): SupportDocument | null {
  return document;
}
