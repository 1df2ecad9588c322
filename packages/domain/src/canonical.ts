import { mailKeyOf } from "./mail-address.ts";
import { stableRole } from "./role.ts";
import type { Contact, Policy, SupportDocument } from "./support-document.ts";
import { userKeyOf } from "./user-id.ts";

/**
 * Text that is equal for equal contacts: roles by their stable spelling, server names and mail domains without case,
 * the rest exactly.
 */
export function contactKeyOf(contact: Contact): string {
  const role = contact.role === null ? null : stableRole(contact.role);
  return JSON.stringify([role, methodsKeyOf(contact), contact.pgp_key]);
}

/** Text that is equal for contacts with the same methods, whatever their role. */
export function methodsKeyOf({ matrix_id, email_address }: Contact): string {
  return JSON.stringify([
    matrix_id === null ? null : userKeyOf(matrix_id),
    email_address === null ? null : mailKeyOf(email_address),
  ]);
}

/** Whether two contacts differ in spelling only. */
export function isSameContact(one: Contact, other: Contact): boolean {
  return contactKeyOf(one) === contactKeyOf(other);
}

/** Whether two contacts have a Matrix ID or a mail address in common. */
export function sharesMethod(one: Contact, other: Contact): boolean {
  const sameUser =
    one.matrix_id !== null && other.matrix_id !== null && userKeyOf(one.matrix_id) === userKeyOf(other.matrix_id);
  const sameMail =
    one.email_address !== null &&
    other.email_address !== null &&
    mailKeyOf(one.email_address) === mailKeyOf(other.email_address);
  return sameUser || sameMail;
}

/** Text that is equal for policies of equal content, whatever their order. */
export function policiesKeyOf(policies: readonly Policy[]): string {
  const keys = policies.map(({ id, version, translations }) => {
    const texts = translations.map(({ language, name, url }) => JSON.stringify([language, name, url]));
    return JSON.stringify([id, version, texts.toSorted()]);
  });
  return JSON.stringify(keys.toSorted());
}

/**
 * Text that is equal for documents that publish the same, whatever the order and spelling: two documents between which
 * `diffDocuments` finds nothing have the same key.
 */
export function documentKeyOf(document: SupportDocument): string {
  return JSON.stringify([
    document.contacts.map(contactKeyOf).toSorted(),
    document.support_page,
    policiesKeyOf(document.policies),
  ]);
}
