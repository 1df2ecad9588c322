import { type Finding, type Severity, type SupportDocument, toPrintable } from "@switchboard/domain";
import type { Colors } from "./colors.ts";
import { formatTable } from "./format-table.ts";

const MAX_CHARACTERS = 200;

/** Text of somebody else's on a terminal: one line, nothing in it that the terminal would obey. */
export function plain(text: string): string {
  return toPrintable(text, MAX_CHARACTERS);
}

/** The contacts and the page of a document, one a line; empty where there is none. */
export function formatDocument(document: SupportDocument | null, indent: string): string {
  if (document === null) return "";
  const rows = document.contacts.map((contact) => [
    contact.role === null ? "(no role)" : plain(contact.role),
    [contact.email_address, contact.matrix_id].flatMap((value) => (value === null ? [] : [plain(value)])).join("  "),
  ]);
  if (document.support_page !== null) rows.push(["support page", plain(document.support_page)]);
  return formatTable(rows, indent);
}

/** Findings, the gravest first, each with its hint below. */
export function formatFindings(findings: readonly Finding[], colors: Colors, indent: string): string {
  const paint: Readonly<Record<Severity, (text: string) => string>> = {
    error: colors.red,
    warning: colors.yellow,
    info: colors.dim,
  };
  const order: readonly Severity[] = ["error", "warning", "info"];
  return findings
    .toSorted((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity))
    .map(({ severity, path, code, message, hint, spec }) => {
      const head = `${indent}${paint[severity](severity.padEnd(7))}  ${plain(path === "" ? "document" : path)}  ${plain(message)}`;
      const advice = [hint, spec].flatMap((text) => (text === undefined ? [] : [plain(text)])).join(" — ");
      return `${head} ${colors.dim(`[${code}]`)}${advice === "" ? "" : `\n${indent}         ${colors.dim(advice)}`}`;
    })
    .join("\n");
}

/** How many of each severity: `2 errors, 1 warning`. */
export function countFindings(findings: readonly Finding[]): string {
  const counts = (["error", "warning", "info"] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? "" : "s"}`];
  });
  return counts.length === 0 ? "nothing to remark" : counts.join(", ");
}
