import { type Contact, type Instant, type SupportDocument, toInstant } from "@switchboard/domain";
import fc from "fast-check";
import { toHostname, toMailAddress, toServerName, toUserId } from "./identifiers.ts";

const LABEL = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
const DNS_NAME = fc
  .tuple(LABEL, fc.constantFrom("example.org", "example.com", "fed.test"))
  .map((parts) => parts.join("."));
const LOCALPART = fc.stringMatching(/^[a-z][a-z0-9._=-]{0,11}$/);
const PORT = fc.integer({ min: 1, max: 65_535 });

/** Server names below reserved domains: mostly bare, some with a port or in mixed case, some address literals. */
export const arbitraryServerName = fc
  .oneof(
    { arbitrary: DNS_NAME, weight: 6 },
    { arbitrary: fc.tuple(DNS_NAME, PORT).map(([name, port]) => `${name}:${port}`), weight: 2 },
    { arbitrary: DNS_NAME.map((name) => name.toUpperCase()), weight: 1 },
    { arbitrary: fc.integer({ min: 1, max: 254 }).map((octet) => `192.0.2.${octet}`), weight: 1 },
    { arbitrary: fc.integer({ min: 1, max: 65_535 }).map((group) => `[2001:db8::${group.toString(16)}]`), weight: 1 },
  )
  .map(toServerName);

export const arbitraryHostname = DNS_NAME.map(toHostname);

export const arbitraryUserId = fc
  .tuple(LOCALPART, arbitraryServerName)
  .map(([localpart, serverName]) => toUserId(`@${localpart}:${serverName}`));

export const arbitraryMailAddress = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9+-]{0,11}$/), DNS_NAME)
  .map(([localPart, domain]) => toMailAddress(`${localPart}@${domain}`));

export const arbitraryRole = fc.oneof(
  { arbitrary: fc.constantFrom("m.role.admin", "m.role.security", "m.role.moderator", "m.role.dpo"), weight: 3 },
  { arbitrary: LABEL.map((label) => `org.example.${label}`), weight: 1 },
);

/** A contact with at least one method. */
export const arbitraryContact: fc.Arbitrary<Contact> = fc
  .record({
    role: fc.option(arbitraryRole, { freq: 8 }),
    matrix_id: fc.option(arbitraryUserId),
    email_address: fc.option(arbitraryMailAddress),
    pgp_key: fc.option(
      LABEL.map((label) => `https://${label}.example.org/key.asc`),
      { freq: 1 },
    ),
  })
  .filter((contact) => contact.matrix_id !== null || contact.email_address !== null);

/** A support document that publishes something: a contact or a page. */
export const arbitraryDocument: fc.Arbitrary<SupportDocument> = fc
  .record({
    contacts: fc.array(arbitraryContact, { maxLength: 5 }),
    support_page: fc.option(LABEL.map((label) => `https://example.org/${label}`)),
    policies: fc.constant([]),
  })
  .filter((document) => document.contacts.length > 0 || document.support_page !== null);

/** A moment of the years 2015 to 2045. */
export const arbitraryInstant: fc.Arbitrary<Instant> = fc
  .integer({ min: Date.UTC(2015, 0), max: Date.UTC(2045, 0) })
  .map(toInstant);
