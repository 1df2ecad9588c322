import {
  type Condition,
  type MailAddress,
  mailDomainOf,
  mailKeyOf,
  type PublishedContent,
  type SupportDocument,
  stableRole,
  type UserId,
  userKeyOf,
} from "@switchboard/domain";
import { cleanText } from "./clean-text.ts";

/** A row of `contacts`: one method of one contact. */
type ContactRow = {
  /** The contact's place in the document, from 0. */
  readonly position: number;
  readonly kind: "matrix_id" | "email_address";
  readonly role: string | null;
  readonly stableRole: string | null;
  readonly value: string;
  readonly valueKey: string;
  readonly valueText: string;
  readonly mailDomain: string | null;
};

/** What the searchable rows say of a server; all of it follows from the server's own row and its published revision. */
export type ServerProjection = {
  readonly tallyKeys: readonly string[];
  readonly condition: Condition;
  readonly roles: readonly string[];
  /** Every contact value in lower case, a line each: what a substring search looks in. */
  readonly contactText: string;
  readonly contacts: readonly ContactRow[];
};

export type ProjectedServer = {
  readonly published: Pick<PublishedContent, "document" | "verdict" | "findings"> | null;
  readonly condition: Condition;
  readonly conditionReason: string | null;
  readonly standing: "listed" | "opted-out";
};

/** The identifier grammar ends at 255 characters; a role may be longer, but no index holds a page of text. */
const MAX_ROLE_CHARACTERS = 255;
/** Real documents have a handful; a hostile one has room for thousands, which nobody searches for. */
const MAX_ROLES = 50;

export function projectServer(server: ProjectedServer): ServerProjection {
  const { published, condition } = server;
  const contacts = published === null ? [] : toContactRows(published.document);
  const roles = published === null ? [] : rolesOf(published.document);
  return {
    tallyKeys: tallyKeysOf(server, roles),
    condition,
    roles,
    contactText: [...new Set(contacts.map((contact) => contact.valueText))].join("\n"),
    contacts,
  };
}

function rolesOf(document: SupportDocument): readonly string[] {
  const roles = document.contacts.flatMap(({ role }) => (role === null ? [] : [stableRole(role)]));
  return [...new Set(roles.map((role) => cleanText(role.slice(0, MAX_ROLE_CHARACTERS))))].slice(0, MAX_ROLES);
}

/** The tallies a server counts in: `dimension` or `dimension:value`. */
function tallyKeysOf(server: ProjectedServer, roles: readonly string[]): readonly string[] {
  const { published, condition, conditionReason } = server;
  if (server.standing === "opted-out") return ["hostnames", "opted-out"];
  const keys = ["hostnames", `outcome:${condition}`];
  if (conditionReason !== null) keys.push(`reason:${condition}:${conditionReason}`);
  if (published === null) return keys;
  const codes = new Set(published.findings.map((finding) => finding.code));
  keys.push("published", `verdict:${published.verdict}`);
  keys.push(...roles.map((role) => `role:${role}`), ...[...codes].map((code) => `finding:${code}`));
  return keys;
}

function toContactRows(document: SupportDocument): readonly ContactRow[] {
  return document.contacts.flatMap((contact, position) => {
    const { role, matrix_id, email_address } = contact;
    const place = { position, role, stableRole: role === null ? null : stableRole(role) };
    const rows: ContactRow[] = [];
    if (matrix_id !== null) {
      const valueKey = userKeyOf(matrix_id);
      rows.push({ ...place, kind: "matrix_id", value: matrix_id, valueKey, ...textOf(matrix_id), mailDomain: null });
    }
    if (email_address !== null) {
      const keys = { valueKey: mailKeyOf(email_address), mailDomain: mailDomainOf(email_address) };
      rows.push({ ...place, kind: "email_address", value: email_address, ...keys, ...textOf(email_address) });
    }
    return rows;
  });
}

function textOf(value: UserId | MailAddress): { valueText: string } {
  return { valueText: value.toLowerCase() };
}
