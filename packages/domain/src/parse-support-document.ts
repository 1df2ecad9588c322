import type { ValueNode } from "@humanwhocodes/momoa";
import { readContacts, recoverContact } from "./contacts.ts";
import { type DirectoryWish, readDirectoryWish } from "./directory-wish.ts";
import { DOCUMENT_FIELDS, DOCUMENT_KEYS, findMember, type Member, reportUnreadKeys } from "./document-keys.ts";
import { type DocumentTree, membersOf, readDocumentTree, type SyntaxFailure } from "./document-syntax.ts";
import type { Finding, Severity, Verdict } from "./finding.ts";
import { type Remark, type Report, toFinding } from "./finding-catalogue.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { quoteText } from "./identifier-error.ts";
import { readPolicies } from "./policies.ts";
import { stableRole } from "./role.ts";
import { hostnameOf, type ServerName } from "./server-name.ts";
import type { SupportDocument } from "./support-document.ts";
import { readSupportPage } from "./support-page.ts";
import { parseUserId } from "./user-id.ts";

/**
 * The version of the rules that findings and verdicts were reached by; it moves with every change of a rule. Stored
 * with every verdict, so that what is stored can be judged again without a fetch.
 */
export const RULES_VERSION = 2;

/** A hostile document could earn thousands of findings; each is stored with its revision. */
export const MAX_FINDINGS = 200;

/**
 * What the bytes turned out to be. There is a document exactly where the shape is `usable`. The fingerprint is null
 * where the bytes are no JSON object.
 */
export type ParsedSupport = {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly rulesVersion: number;
  /** What the operator says of being listed; null where nothing is said. */
  readonly directoryWish: DirectoryWish | null;
} & (
  | { readonly shape: "usable"; readonly document: SupportDocument; readonly fingerprint: string }
  | {
      readonly shape: "nothing-published" | "nothing-usable";
      readonly document: null;
      readonly fingerprint: string;
    }
  | { readonly shape: SyntaxFailure; readonly document: null; readonly fingerprint: null }
);

/** What is known about a document beside its bytes: some findings need to know whose it is. */
export type DocumentContext = { readonly server?: ServerName };

/**
 * Reads a support document (client-server API, "Getting support information", v1.10 to v1.19) as far as it can be used,
 * and remarks on it. It knows MSC4121, 4226 and 4265 (roles), 4266 (`policies`), 4439 (`pgp_key`) and the drafts of
 * MSC1929 that are still served. Total: it has an answer for any bytes. Nothing is lost that the bytes do not keep.
 */
export function parseSupportDocument(bytes: Uint8Array, context: DocumentContext = {}): ParsedSupport {
  const remarks: Remark[] = [];
  const report: Report = (remark) => {
    remarks.push(remark);
  };
  const tree = readDocumentTree(bytes, report);
  if (!tree.ok) {
    return { shape: tree.error, document: null, fingerprint: null, directoryWish: null, ...judge(remarks, null) };
  }
  const fingerprint = fingerprintOf(tree.value);
  const directoryWish = readDirectoryWish(tree.value.root, { path: "", report });
  const { shape, document } = readDocument(tree.value, context, report);
  return document === null
    ? { shape, document, fingerprint, directoryWish, ...judge(remarks, document) }
    : { shape, document, fingerprint, directoryWish, ...judge(remarks, document) };
}

type ReadDocument =
  | { readonly shape: "usable"; readonly document: SupportDocument }
  | { readonly shape: "nothing-published" | "nothing-usable"; readonly document: null };

function readDocument({ root }: DocumentTree, context: DocumentContext, report: Report): ReadDocument {
  const place = { path: "", report };
  const members = membersOf(root);
  const contactsMember = findMember(members, DOCUMENT_FIELDS.contacts, place);
  const pageMember = findMember(members, DOCUMENT_FIELDS.support_page, place);
  const policiesMember = findMember(members, DOCUMENT_FIELDS.policies, place);
  const document: SupportDocument = {
    contacts: contactsMember === null ? [] : readContacts(contactsMember.node, contactsMember.place),
    support_page: pageMember === null ? null : readSupportPage(pageMember.node, pageMember.place),
    policies: policiesMember === null ? [] : readPolicies(policiesMember.node, policiesMember.place),
  };
  reportUnreadKeys(root, DOCUMENT_KEYS, place);
  if (document.contacts.length > 0 || document.support_page !== null) {
    const path = contactsMember?.place.path ?? "";
    remarkOnReach(document, { path, context, report });
    return { shape: "usable", document };
  }
  const blank = [contactsMember, pageMember].every((member) => member === null || isBlank(member.node));
  if (blank) report(describeNothing(members, contactsMember));
  else report({ code: "nothing-usable", path: "", message: "the document has no contact and no support page to use" });
  return { shape: blank ? "nothing-published" : "nothing-usable", document: null };
}

/** Whether a value says "nothing here", as serializers write it for a setting that was left empty. */
function isBlank(node: ValueNode): boolean {
  if (node.type === "Array") return node.elements.length === 0;
  return node.type === "Null" || (node.type === "String" && node.value.trim() === "");
}

function describeNothing(members: ReadonlyMap<string, ValueNode>, contacts: Member | null): Remark {
  const code = "nothing-published";
  const errcode = members.get("errcode");
  if (errcode?.type === "String") {
    return {
      code,
      path: "",
      message: `the document is a homeserver's error answer (${quoteText(errcode.value)}), served with status 200`,
      hint: "Let the server answer 404, or serve your document at /.well-known/matrix/support.",
    };
  }
  if (contacts !== null) {
    return { code, path: contacts.place.path, message: "there is no contact here, and no support_page in its stead" };
  }
  const keys = [...members.keys()].slice(0, 3).map(quoteText).join(", ");
  const has = keys === "" ? "is empty" : `has ${keys}${members.size > 3 ? " and more" : ""}`;
  const message = `the document ${has}; it needs "contacts" or "support_page"`;
  return { code, path: "", message, ...hintAtLooseMethod(members) };
}

/** A mail address or a Matrix ID that stands by itself in the document was surely meant as a contact. */
function hintAtLooseMethod(members: ReadonlyMap<string, ValueNode>): { hint?: string } {
  for (const node of members.values()) {
    const contact = node.type === "String" ? recoverContact(node.value) : null;
    if (contact === null) continue;
    const [key, value] =
      contact.matrix_id === null ? ["email_address", contact.email_address] : ["matrix_id", contact.matrix_id];
    return { hint: `Write {"contacts": [{"role": "m.role.admin", "${key}": ${quoteText(value ?? "")}}]}.` };
  }
  return {};
}

/** Remarks on whether somebody can be reached, for which the whole document must be known. */
function remarkOnReach(
  { contacts }: SupportDocument,
  { path, context, report }: { path: string; context: DocumentContext; report: Report },
): void {
  const { server } = context;
  if (server !== undefined && contacts.length > 0 && contacts.every(({ email_address }) => email_address === null)) {
    const accounts = contacts.flatMap(({ matrix_id }) => (matrix_id === null ? [] : [matrix_id]));
    if (accounts.every((account) => isOnServer(account, server))) {
      const message = `there is no mail address, and every Matrix ID (${accounts.slice(0, 3).map(quoteText).join(", ")}) is on ${server} itself`;
      report({ code: "only-reachable-on-own-server", path, message });
    }
  }
  if (!contacts.some(({ role }) => role !== null && stableRole(role) === "m.role.security")) {
    report({ code: "no-security-contact", path, message: 'no contact has the role "m.role.security"' });
  }
}

/** A port does not matter: the same machine answers for the name with and without one. */
function isOnServer(account: string, server: ServerName): boolean {
  const user = parseUserId(account);
  return user.ok && hostnameOf(user.value.serverName) === hostnameOf(server);
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** `valid`: no error. `usable`: errors, yet something to use. Of too many findings the gravest are kept. */
function judge(
  remarks: readonly Remark[],
  document: SupportDocument | null,
): Pick<ParsedSupport, "verdict" | "findings" | "rulesVersion"> {
  const findings = remarks.map(toFinding);
  const verdict = findings.some(({ severity }) => severity === "error")
    ? document === null
      ? "unusable"
      : "usable"
    : "valid";
  return { verdict, findings: boundFindings(findings), rulesVersion: RULES_VERSION };
}

function boundFindings(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= MAX_FINDINGS) return findings;
  const kept = SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
  const message = `${findings.length - MAX_FINDINGS + 1} more findings are left out`;
  return [...kept.slice(0, MAX_FINDINGS - 1), toFinding({ code: "findings-left-out", path: "", message })];
}
