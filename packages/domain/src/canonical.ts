import { mailKeyOf } from "./mail-address.ts";
import { stableRole } from "./role.ts";
import type { Contact, Policy, SupportDocument } from "./support-document.ts";
import { userKeyOf } from "./user-id.ts";

/**
 * A contact without its spelling: the role in its stable form, server names and mail domains without case, the rest
 * exactly. Contacts that publish the same have the same.
 */
export type CanonicalContact = {
  readonly role: string | null;
  readonly user: string | null;
  readonly mail: string | null;
  readonly pgpKey: string | null;
};

export function canonicalizeContact({ role, matrix_id, email_address, pgp_key }: Contact): CanonicalContact {
  return {
    role: role === null ? null : stableRole(role),
    user: matrix_id === null ? null : userKeyOf(matrix_id),
    mail: email_address === null ? null : mailKeyOf(email_address),
    pgpKey: pgp_key,
  };
}

/** Text that is equal for contacts that publish the same. */
export function contactKeyOf(contact: Contact): string {
  const { role, user, mail, pgpKey } = canonicalizeContact(contact);
  return JSON.stringify([role, user, mail, pgpKey]);
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
 * Text that is equal for documents that publish the same, whatever their order and spelling: those between which
 * `diffDocuments` finds nothing.
 */
export function documentKeyOf({ contacts, support_page, policies }: SupportDocument): string {
  return JSON.stringify([contacts.map(contactKeyOf).toSorted(), support_page, policiesKeyOf(policies)]);
}
