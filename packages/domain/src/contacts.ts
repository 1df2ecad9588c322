import type { ObjectNode, ValueNode } from "@humanwhocodes/momoa";
import { contactKeyOf } from "./canonical.ts";
import { readMailAddress, readMatrixId, recoverMailAddress, recoverUser } from "./contact-method.ts";
import { readRole } from "./contact-role.ts";
import { CONTACT_FIELDS, CONTACT_KEYS, findMember, reportUnreadKeys } from "./document-keys.ts";
import { describeType, membersOf } from "./document-syntax.ts";
import { isStorableText, type Place } from "./document-text.ts";
import { quoteText } from "./identifier-error.ts";
import { pointTo } from "./json-pointer.ts";
import { readPgpKey } from "./pgp-key.ts";
import type { Contact } from "./support-document.ts";

/** More than anybody reads; the bound keeps one document from filling the directory. */
const MAX_CONTACTS = 100;

/** Reads `contacts` (or a draft's `admins`): the contacts that have a method, each once. */
export function readContacts(node: ValueNode, place: Place): Contact[] {
  const { path, report } = place;
  if (node.type === "Null") {
    report({ code: "null-value", path, message: "this field is null instead of an array of contacts" });
    return [];
  }
  if (node.type !== "Array") {
    const message = `this field is ${describeType(node)} instead of an array of contacts`;
    report({ code: "wrong-type", path, message, hint: "Put it in an array: [ … ]." });
    const contact = node.type === "Object" ? readContact(node, place) : recoverElement(node);
    return contact === null ? [] : [contact];
  }
  if (node.elements.length > MAX_CONTACTS) {
    const message = `there are ${node.elements.length} contacts; the first ${MAX_CONTACTS} are read`;
    report({ code: "too-many-contacts", path, message });
  }
  const contacts = new Map<string, Contact>();
  node.elements.slice(0, MAX_CONTACTS).forEach((element, index) => {
    const contactPath = pointTo(path, index);
    const contact = readElement(element.value, { path: contactPath, report });
    if (contact === null) return;
    const key = contactKeyOf(contact);
    if (!contacts.has(key)) contacts.set(key, contact);
    else report({ code: "duplicate-contact", path: contactPath, message: `${nameOf(contact)} stands here again` });
  });
  return [...contacts.values()];
}

function readElement(node: ValueNode, place: Place): Contact | null {
  const { path, report } = place;
  if (node.type === "Object") return readContact(node, place);
  if (node.type === "Null") {
    report({ code: "null-value", path, message: "this contact is null instead of an object", hint: "Remove it." });
    return null;
  }
  const message = `this contact is ${describeType(node)} instead of an object`;
  const hint = 'Write {"role": "m.role.admin", "email_address": "…"} or with "matrix_id".';
  report({ code: "wrong-type", path, message, hint });
  return recoverElement(node);
}

function recoverElement(node: ValueNode): Contact | null {
  return node.type === "String" && isStorableText(node.value) ? recoverContact(node.value) : null;
}

/** The contact in a bare text: a Matrix ID or a mail address by itself. */
export function recoverContact(text: string): Contact | null {
  const matrix_id = recoverUser(text)?.userId ?? null;
  const email_address = matrix_id === null ? recoverMailAddress(text) : null;
  if (matrix_id === null && email_address === null) return null;
  return { role: null, matrix_id, email_address, pgp_key: null };
}

function readContact(node: ObjectNode, place: Place): Contact | null {
  const { path, report } = place;
  const members = membersOf(node);
  const roleNode = members.get("role");
  const matrixIdMember = findMember(members, CONTACT_FIELDS.matrix_id, place);
  const mailMember = findMember(members, CONTACT_FIELDS.email_address, place);
  const keyMember = findMember(members, CONTACT_FIELDS.pgp_key, place);
  if (roleNode === undefined) report({ code: "role-missing", path, message: `${describeContact(node)} has no role` });
  const role = roleNode === undefined ? null : readRole(roleNode, { path: pointTo(path, "role"), report });
  const matrixId = matrixIdMember === null ? null : readMatrixId(matrixIdMember.node, matrixIdMember.place);
  const mail = mailMember === null ? null : readMailAddress(mailMember.node, mailMember.place);
  const pgp_key = keyMember === null ? null : readPgpKey(keyMember.node, keyMember.place);
  if (matrixIdMember === null && mailMember === null) {
    report({
      code: "contact-without-method",
      path,
      message: `${describeContact(node)} has no matrix_id and no email_address`,
    });
  }
  if (keyMember !== null && mailMember === null) {
    report({ code: "pgp-key-without-mail", path: keyMember.place.path, message: "the contact has no email_address" });
  }
  reportUnreadKeys(node, CONTACT_KEYS, place);
  const matrix_id = matrixId ?? mail?.misplaced ?? null;
  const email_address = mail?.address ?? null;
  return matrix_id === null && email_address === null ? null : { role, matrix_id, email_address, pgp_key };
}

function describeContact(node: ObjectNode): string {
  const text = [...membersOf(node).values()].find((value) => value.type === "String");
  return text?.type === "String" ? `the contact with ${quoteText(text.value)}` : "the contact";
}

function nameOf(contact: Contact): string {
  const method = contact.email_address ?? contact.matrix_id ?? "";
  return contact.role === null ? quoteText(method) : `${quoteText(method)} as ${quoteText(contact.role)}`;
}
