import type { Change, Contact } from "@switchboard/domain";
import { plain } from "./format-document.ts";

/** What a change was about, on one line; the kind is told beside it. */
export function formatChange(change: Change | null): string {
  if (change === null) return "(the operator asked not to be listed)";
  switch (change.kind) {
    case "document-published":
    case "document-withdrawn":
      return change.document.contacts.map(formatContact).join("; ") || plain(change.document.support_page ?? "");
    case "contact-added":
    case "contact-removed":
      return formatContact(change.contact);
    case "contact-role-changed":
    case "contact-method-changed":
      return `${formatContact(change.before)} → ${formatContact(change.after)}`;
    case "support-page-changed":
      return `${plain(change.before ?? "none")} → ${plain(change.after ?? "none")}`;
    case "policies-changed":
      return `${change.before.length} → ${change.after.length} policies`;
    case "became-unreachable":
    case "became-refused":
    case "became-unusable":
      return change.reason;
    case "became-absent":
      return "";
    case "recovered":
      return `from ${change.from}`;
    case "verdict-changed":
      return `${change.before} → ${change.after}, by the ${change.cause}`;
  }
}

function formatContact({ role, email_address, matrix_id }: Contact): string {
  return [role, email_address, matrix_id].flatMap((part) => (part === null ? [] : [plain(part)])).join(" ");
}
