import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { documentKeyOf } from "./canonical.ts";
import type { ContentChange } from "./change.ts";
import { applyChanges, diffDocuments } from "./diff-documents.ts";
import { type MailAddress, parseMailAddress } from "./mail-address.ts";
import type { Contact, Policy, SupportDocument } from "./support-document.ts";
import { parseUserId, type UserId } from "./user-id.ts";

function userId(text: string): UserId {
  const parsed = parseUserId(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value.userId;
}

function mailAddress(text: string): MailAddress {
  const parsed = parseMailAddress(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const MAIL = mailAddress("abuse@example.org");
const OTHER_MAIL = mailAddress("security@example.org");
const USER = userId("@admin:example.org");

function contact(fields: Partial<Contact>): Contact {
  return { role: "m.role.admin", matrix_id: null, email_address: MAIL, pgp_key: null, ...fields };
}

function publish(...contacts: Contact[]): SupportDocument {
  return { contacts, support_page: null, policies: [] };
}

// Small pools, so that two documents have roles, methods and whole contacts in common.
const CONTACT: fc.Arbitrary<Contact> = fc
  .record({
    role: fc.constantFrom(null, "m.role.admin", "admin", "m.role.security", "org.example.x"),
    matrix_id: fc
      .constantFrom(null, "@a:example.org", "@a:EXAMPLE.org", "@A:example.org")
      .map((id) => id && userId(id)),
    email_address: fc
      .constantFrom(null, "a@example.org", "a@Example.org", "b@example.org")
      .map((a) => a && mailAddress(a)),
    pgp_key: fc.constantFrom(null, null, "https://example.org/key.asc"),
  })
  .filter(({ matrix_id, email_address }) => matrix_id !== null || email_address !== null)
  .map((fields) => ({ ...fields, matrix_id: fields.matrix_id || null, email_address: fields.email_address || null }));

const POLICY: fc.Arbitrary<Policy> = fc.record({
  id: fc.constantFrom("privacy_policy", "terms_of_service"),
  version: fc.constantFrom(null, "1"),
  translations: fc.uniqueArray(
    fc.record({
      language: fc.constantFrom("en", "fr"),
      name: fc.constantFrom("A", "B"),
      url: fc.constant("https://example.org/a"),
    }),
    { selector: ({ language }) => language, minLength: 1 },
  ),
});

const DOCUMENT: fc.Arbitrary<SupportDocument> = fc.record({
  contacts: fc.array(CONTACT, { maxLength: 5 }),
  support_page: fc.constantFrom(null, "https://example.org/a", "https://example.org/b"),
  policies: fc.uniqueArray(POLICY, { selector: ({ id }) => id }),
});
const PUBLISHED = fc.option(DOCUMENT);

function keyOf(document: SupportDocument | null): string | null {
  return document === null ? null : documentKeyOf(document);
}

function kindsOf(changes: readonly ContentChange[]): string[] {
  return changes.map(({ kind }) => kind);
}

describe("diffDocuments", () => {
  it("finds nothing between a document and itself, in whatever order", () => {
    fc.assert(
      fc.property(DOCUMENT, (document) => {
        const reversed = {
          ...document,
          contacts: document.contacts.toReversed(),
          policies: document.policies.toReversed(),
        };
        expect(diffDocuments(document, reversed)).toEqual([]);
      }),
    );
    expect(diffDocuments(null, null)).toEqual([]);
  });

  it("finds what leads from any document to any other", () => {
    fc.assert(
      fc.property(PUBLISHED, PUBLISHED, (before, after) => {
        const changes = diffDocuments(before, after);
        expect(keyOf(applyChanges(before, changes))).toEqual(keyOf(after));
        expect(changes.length === 0).toBe(keyOf(before) === keyOf(after));
      }),
      { numRuns: 2_000 },
    );
  });

  it("does not depend on the order of contacts", () => {
    fc.assert(
      fc.property(DOCUMENT, DOCUMENT, (before, after) => {
        const reversed = { ...after, contacts: after.contacts.toReversed() };
        expect(kindsOf(diffDocuments(before, reversed))).toEqual(kindsOf(diffDocuments(before, after)));
      }),
    );
  });

  it("takes an edited role for exactly one change", () => {
    const others = [
      contact({ role: "m.role.security" }),
      contact({ role: "m.role.security", email_address: OTHER_MAIL }),
    ];
    const before = contact({ role: "m.role.admin", email_address: OTHER_MAIL });
    const after = { ...before, role: "m.role.moderator" };
    expect(diffDocuments(publish(before, ...others), publish(...others, after))).toEqual([
      { kind: "contact-role-changed", before, after },
    ]);
  });

  it("takes an added role, and one that was taken away, for a change of the role", () => {
    const before = contact({ role: null });
    const after = contact({ role: "m.role.admin" });
    expect(kindsOf(diffDocuments(publish(before), publish(after)))).toEqual(["contact-role-changed"]);
    expect(kindsOf(diffDocuments(publish(after), publish(before)))).toEqual(["contact-role-changed"]);
  });

  it("takes an edited method for exactly one change", () => {
    const before = contact({ matrix_id: USER });
    const after = { ...before, email_address: OTHER_MAIL };
    expect(diffDocuments(publish(before), publish(after))).toEqual([{ kind: "contact-method-changed", before, after }]);
  });

  it("takes an edited key for a change of the method", () => {
    const before = contact({});
    const after = contact({ pgp_key: "https://example.org/key.asc" });
    expect(diffDocuments(publish(before), publish(after))).toEqual([{ kind: "contact-method-changed", before, after }]);
  });

  it("takes a role and a method that were edited together for one change each", () => {
    const before = contact({ matrix_id: USER });
    const after = contact({ role: "m.role.security", matrix_id: USER, email_address: OTHER_MAIL });
    const between = contact({ role: "m.role.security", matrix_id: USER });
    expect(diffDocuments(publish(before), publish(after))).toEqual([
      { kind: "contact-role-changed", before, after: between },
      { kind: "contact-method-changed", before: between, after },
    ]);
  });

  it("takes somebody else for somebody else", () => {
    const before = contact({});
    const after = contact({ email_address: OTHER_MAIL });
    expect(diffDocuments(publish(before), publish(after))).toEqual([
      { kind: "contact-removed", contact: before },
      { kind: "contact-added", contact: after },
    ]);
  });

  it("sees no change in another spelling of a role, a server name or a mail domain", () => {
    const before = contact({ role: "admin", matrix_id: USER });
    const after = contact({ matrix_id: userId("@admin:EXAMPLE.org"), email_address: mailAddress("abuse@EXAMPLE.org") });
    expect(diffDocuments(publish(before), publish(after))).toEqual([]);
  });

  it("names the support page and the policies", () => {
    const before = publish(contact({}));
    const policies = [
      { id: "a", version: "1", translations: [{ language: "en", name: "A", url: "https://example.org" }] },
    ];
    const after = { ...before, support_page: "https://example.org", policies };
    expect(diffDocuments(before, after)).toEqual([
      { kind: "support-page-changed", before: null, after: "https://example.org" },
      { kind: "policies-changed", before: [], after: policies },
    ]);
  });

  it("names a publication and a withdrawal with the whole document", () => {
    const document = publish(contact({}));
    expect(diffDocuments(null, document)).toEqual([{ kind: "document-published", document }]);
    expect(diffDocuments(document, null)).toEqual([{ kind: "document-withdrawn", document }]);
  });
});
