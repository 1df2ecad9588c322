import { type CanonicalContact, canonicalizeContact, contactKeyOf, policiesKeyOf } from "./canonical.ts";
import type { ContentChange } from "./change.ts";
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
  const key = contactKeyOf(replaced);
  const index = contacts.findIndex((contact) => contactKeyOf(contact) === key);
  return index < 0 ? [...contacts, ...replacement] : contacts.toSpliced(index, 1, ...replacement);
}

type Candidate = { readonly contact: Contact; readonly canonical: CanonicalContact; readonly key: string };

/** Whether an old and a new contact are the same one; the rules are tried in order, each on what the ones before left. */
type Match = (before: Candidate, after: Candidate) => boolean;

const MATCHES: readonly Match[] = [
  (before, after) => before.key === after.key,
  // The role was edited.
  ({ canonical: before }, { canonical: after }) =>
    before.user === after.user && before.mail === after.mail && before.pgpKey === after.pgpKey,
  // A method was edited.
  (before, after) => before.canonical.role === after.canonical.role && sharesMethod(before, after),
  // Both were.
  (before, after) => sharesMethod(before, after),
];

function diffContacts(before: readonly Contact[], after: readonly Contact[]): ContentChange[] {
  let removed = toCandidates(before);
  let added = toCandidates(after);
  const edits: ContentChange[] = [];
  for (const matches of MATCHES) {
    const unmatched: Candidate[] = [];
    for (const candidate of removed) {
      const index = added.findIndex((other) => matches(candidate, other));
      const match = added[index];
      if (match === undefined) {
        unmatched.push(candidate);
      } else {
        added = added.toSpliced(index, 1);
        edits.push(...editContact(candidate, match));
      }
    }
    removed = unmatched;
  }
  return [
    ...removed.map(({ contact }): ContentChange => ({ kind: "contact-removed", contact })),
    ...edits,
    ...added.map(({ contact }): ContentChange => ({ kind: "contact-added", contact })),
  ];
}

/** The steps from one contact to the other: its role first, then its methods. */
function editContact(
  { contact: before, canonical: old }: Candidate,
  { contact: after, canonical: present }: Candidate,
): ContentChange[] {
  const changes: ContentChange[] = [];
  const renamed = { ...before, role: after.role };
  if (old.role !== present.role) changes.push({ kind: "contact-role-changed", before, after: renamed });
  if (old.user !== present.user || old.mail !== present.mail || old.pgpKey !== present.pgpKey) {
    changes.push({ kind: "contact-method-changed", before: renamed, after });
  }
  return changes;
}

function sharesMethod({ canonical: one }: Candidate, { canonical: other }: Candidate): boolean {
  return (one.user !== null && one.user === other.user) || (one.mail !== null && one.mail === other.mail);
}

/** In an order of their own: that of the document means nothing, so what is matched must not depend on it. */
function toCandidates(contacts: readonly Contact[]): readonly Candidate[] {
  return contacts
    .map((contact) => ({ contact, canonical: canonicalizeContact(contact), key: contactKeyOf(contact) }))
    .toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
}
