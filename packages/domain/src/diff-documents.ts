import { contactKeyOf, isSameContact, methodsKeyOf, policiesKeyOf, sharesMethod } from "./canonical.ts";
import type { ContentChange } from "./change.ts";
import { stableRole } from "./role.ts";
import type { Contact, SupportDocument } from "./support-document.ts";

const NOTHING: SupportDocument = { contacts: [], support_page: null, policies: [] };

/**
 * The named differences that lead from `before` to `after`; null is "nothing published". Spelling and order make no
 * difference (roles compare by `stableRole`). A contact whose role or methods were edited is one change, not a removal
 * and an addition.
 */
export function diffDocuments(before: SupportDocument | null, after: SupportDocument | null): ContentChange[] {
  if (before === null) return after === null ? [] : [{ kind: "document-published", document: after }];
  if (after === null) return [{ kind: "document-withdrawn", document: before }];
  const changes = diffContacts(before.contacts, after.contacts);
  if (before.support_page !== after.support_page) {
    changes.push({ kind: "support-page-changed", before: before.support_page, after: after.support_page });
  }
  if (policiesKeyOf(before.policies) !== policiesKeyOf(after.policies)) {
    changes.push({ kind: "policies-changed", before: before.policies, after: after.policies });
  }
  return changes;
}

/** `document` after `changes`: what `diffDocuments` took apart, put together again. */
export function applyChanges(
  document: SupportDocument | null,
  changes: readonly ContentChange[],
): SupportDocument | null {
  return changes.reduce(applyChange, document);
}

function applyChange(document: SupportDocument | null, change: ContentChange): SupportDocument | null {
  const present = document ?? NOTHING;
  switch (change.kind) {
    case "document-published":
      return change.document;
    case "document-withdrawn":
      return null;
    case "contact-added":
      return { ...present, contacts: [...present.contacts, change.contact] };
    case "contact-removed":
      return { ...present, contacts: replaceContact(present.contacts, change.contact, []) };
    case "contact-role-changed":
    case "contact-method-changed":
      return { ...present, contacts: replaceContact(present.contacts, change.before, [change.after]) };
    case "support-page-changed":
      return { ...present, support_page: change.after };
    case "policies-changed":
      return { ...present, policies: change.after };
  }
}

function replaceContact(
  contacts: readonly Contact[],
  replaced: Contact,
  replacement: readonly Contact[],
): readonly Contact[] {
  const index = contacts.findIndex((contact) => isSameContact(contact, replaced));
  return index < 0 ? [...contacts, ...replacement] : contacts.toSpliced(index, 1, ...replacement);
}

/** Whether an old and a new contact are the same one; the rules are tried in order, each on what the ones before left. */
type Match = (before: Contact, after: Contact) => boolean;

const MATCHES: readonly Match[] = [
  isSameContact,
  // The role was edited.
  (before, after) => methodsKeyOf(before) === methodsKeyOf(after) && before.pgp_key === after.pgp_key,
  // A method was edited.
  (before, after) => isSameRole(before, after) && sharesMethod(before, after),
  // Both were.
  sharesMethod,
];

function diffContacts(before: readonly Contact[], after: readonly Contact[]): ContentChange[] {
  // The order of contacts means nothing: what is matched must not depend on it.
  let removed = sortContacts(before);
  let added = sortContacts(after);
  const changes: ContentChange[] = [];
  for (const matches of MATCHES) {
    const unmatched: Contact[] = [];
    for (const contact of removed) {
      const index = added.findIndex((candidate) => matches(contact, candidate));
      const match = added[index];
      if (match === undefined) {
        unmatched.push(contact);
      } else {
        added = added.toSpliced(index, 1);
        changes.push(...editContact(contact, match));
      }
    }
    removed = unmatched;
  }
  return [
    ...removed.map((contact): ContentChange => ({ kind: "contact-removed", contact })),
    ...changes,
    ...added.map((contact): ContentChange => ({ kind: "contact-added", contact })),
  ];
}

/** The steps from one contact to the other: its role first, then its methods. */
function editContact(before: Contact, after: Contact): ContentChange[] {
  const changes: ContentChange[] = [];
  const renamed = { ...before, role: after.role };
  if (!isSameRole(before, after)) changes.push({ kind: "contact-role-changed", before, after: renamed });
  if (!isSameContact(renamed, after)) changes.push({ kind: "contact-method-changed", before: renamed, after });
  return changes;
}

function isSameRole(one: Contact, other: Contact): boolean {
  return one.role === null || other.role === null
    ? one.role === other.role
    : stableRole(one.role) === stableRole(other.role);
}

function sortContacts(contacts: readonly Contact[]): readonly Contact[] {
  const keyed = contacts.map((contact) => ({ contact, key: contactKeyOf(contact) }));
  keyed.sort((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
  return keyed.map(({ contact }) => contact);
}
