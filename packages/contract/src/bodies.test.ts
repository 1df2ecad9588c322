import { type Change, type ChangeKind, freshnessOf } from "@switchboard/domain";
import {
  arbitraryDocument,
  buildContact,
  buildDocument,
  buildListing,
  buildPublished,
  NOON,
} from "@switchboard/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { changeKindSchema, changeSchema, toChange } from "./change.ts";
import { exportColumns, exportRowSchema, toExportRecords, toExportRow } from "./export-row.ts";
import { listingOutlineSchema, listingSchema, toListing, toListingOutline } from "./listing.ts";

const ADDRESSES = /@/;

test("a listing fits its schema, and its outline tells no address", () => {
  fc.assert(
    fc.property(arbitraryDocument, (document) => {
      const listing = buildListing({ published: { ...buildPublished({ document }), revision: 3 } });
      const freshness = freshnessOf(listing, NOON);
      const body = toListing(listing, freshness);
      expect(listingSchema.parse(body)).toEqual(body);
      const outline = toListingOutline(listing, freshness);
      expect(listingOutlineSchema.parse(outline)).toEqual(outline);
      expect(JSON.stringify(outline.contacts.map(({ methods }) => methods))).not.toMatch(ADDRESSES);
      expect(outline.supportPage ?? "https:").toMatch(/^https?:/i);
    }),
  );
});

const contact = buildContact();
const changes: { [Kind in ChangeKind]: Extract<Change, { kind: Kind }> } = {
  "document-published": {
    kind: "document-published",
    document: buildDocument({ support_page: "mailto:a@example.org" }),
  },
  "document-withdrawn": { kind: "document-withdrawn", document: buildDocument() },
  "contact-added": { kind: "contact-added", contact },
  "contact-removed": { kind: "contact-removed", contact },
  "contact-role-changed": {
    kind: "contact-role-changed",
    before: contact,
    after: { ...contact, role: "m.role.security" },
  },
  "contact-method-changed": {
    kind: "contact-method-changed",
    before: contact,
    after: { ...contact, email_address: null },
  },
  "support-page-changed": { kind: "support-page-changed", before: null, after: "mailto:a@example.org" },
  "policies-changed": { kind: "policies-changed", before: [], after: [{ id: "a", version: null, translations: [] }] },
  "became-unreachable": { kind: "became-unreachable", reason: "timeout" },
  "became-refused": { kind: "became-refused", reason: "forbidden-address" },
  "became-unusable": { kind: "became-unusable", reason: "html" },
  "became-absent": { kind: "became-absent" },
  recovered: { kind: "recovered", from: "absent" },
  "verdict-changed": { kind: "verdict-changed", before: "valid", after: "usable", cause: "rules" },
};

test.each(changeKindSchema.options)("%s: with addresses, without any, and blanked", (kind) => {
  const row = { seq: 7, hostname: "example.org", serverNames: ["example.org"], at: NOON, kind, change: changes[kind] };
  for (const addresses of ["with-addresses", "without-addresses"] as const) {
    const body = toChange(row, addresses);
    expect(changeSchema.parse(body)).toEqual(body);
    if (addresses === "without-addresses") expect(JSON.stringify(body)).not.toMatch(ADDRESSES);
  }
  const blanked = toChange({ ...row, change: null }, "with-addresses");
  expect(changeSchema.parse(blanked)).toMatchObject({ kind, details: null });
});

test("an export's records have its columns, in both forms", () => {
  fc.assert(
    fc.property(
      arbitraryDocument,
      fc.constantFrom("with-addresses" as const, "without-addresses" as const),
      (document, addresses) => {
        const listing = buildListing({ published: { ...buildPublished({ document }), revision: 1 } });
        const row = toExportRow(listing, freshnessOf(listing, NOON), addresses);
        expect(exportRowSchema.parse(row)).toEqual(row);
        const records = toExportRecords(row);
        expect(records).toHaveLength(Math.max(1, document.contacts.length));
        for (const record of records)
          expect(exportColumns(addresses)).toEqual(expect.arrayContaining(Object.keys(record)));
      },
    ),
  );
});
