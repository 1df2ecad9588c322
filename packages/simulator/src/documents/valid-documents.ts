import type { Operator } from "../operator.ts";
import { adminContact, type DocumentText, jsonText, mailOf, pageOf, userIdOf } from "./document-text.ts";

function contactsText(contacts: (operator: Operator) => readonly unknown[]): DocumentText {
  return (operator) => jsonText({ contacts: contacts(operator) });
}

function mailContact(operator: Operator, role: string, localpart: string): Record<string, unknown> {
  return { role, email_address: mailOf(operator, localpart) };
}

function policies(operator: Operator): Record<string, unknown> {
  return {
    privacy_policy: {
      version: "1.2",
      en: { name: "Privacy policy", url: `https://${operator.site}/privacy` },
      fr: { name: "Politique de confidentialité", url: `https://${operator.site}/fr/privacy` },
    },
  };
}

/** Documents without an error: the spec, the open proposals in both spellings, and what only earns a warning. */
export const VALID_DOCUMENTS = {
  "admin-mail": contactsText((o) => [mailContact(o, "m.role.admin", "abuse")]),
  "admin-user-id": contactsText((o) => [{ role: "m.role.admin", matrix_id: userIdOf(o, "admin") }]),
  "admin-both": contactsText((o) => [adminContact(o)]),
  "admin-and-security": (o) =>
    jsonText({
      contacts: [adminContact(o), mailContact(o, "m.role.security", "security")],
      support_page: pageOf(o),
    }),
  "page-only": (o) => jsonText({ support_page: pageOf(o) }),
  "page-and-admin": (o) => jsonText({ contacts: [adminContact(o)], support_page: pageOf(o) }),
  "many-contacts": contactsText((o) => [
    adminContact(o),
    ...Array.from({ length: 11 }, (_, n) => mailContact(o, "m.role.admin", `on-call-${n + 1}`)),
    mailContact(o, "m.role.security", "security"),
  ]),
  "custom-role": contactsText((o) => [adminContact(o), mailContact(o, "org.example.role.on-call", "on-call")]),
  "moderator-stable": contactsText((o) => [adminContact(o), mailContact(o, "m.role.moderator", "moderation")]),
  "moderator-unstable": contactsText((o) => [
    adminContact(o),
    { role: "support.feline.msc4121.role.moderator", matrix_id: userIdOf(o, "moderation") },
  ]),
  "privacy-officer-stable": contactsText((o) => [adminContact(o), mailContact(o, "m.role.dpo", "privacy")]),
  "privacy-officer-unstable": contactsText((o) => [
    adminContact(o),
    mailContact(o, "org.matrix.msc4265.role.dpo", "privacy"),
  ]),
  "report-moderator": contactsText((o) => [
    adminContact(o),
    { role: "m.role.report_moderator", matrix_id: userIdOf(o, "reports") },
  ]),
  "policies-stable": (o) => jsonText({ contacts: [adminContact(o)], policies: policies(o) }),
  "policies-unstable": (o) => jsonText({ contacts: [adminContact(o)], "org.matrix.msc4266.policies": policies(o) }),
  "key-stable": contactsText((o) => [
    { ...mailContact(o, "m.role.security", "security"), pgp_key: `https://${o.site}/security.asc` },
  ]),
  "key-unstable": contactsText((o) => [
    {
      ...mailContact(o, "m.role.security", "security"),
      "dev.zirco.msc4439.pgp_key": `openpgp4fpr:${"0123456789ABCDEF0123".repeat(2)}`,
    },
  ]),
  "historical-user-id": contactsText((o) => [
    { ...mailContact(o, "m.role.admin", "admin"), matrix_id: userIdOf(o, "Admin!Desk") },
  ]),
  "user-id-with-port": contactsText((o) => [
    { ...mailContact(o, "m.role.admin", "admin"), matrix_id: `@admin:${o.mailDomain}:8448` },
  ]),
  "unknown-keys": (o) =>
    jsonText({
      contacts: [{ ...adminContact(o), languages: ["en", "fr"] }],
      "org.example.office_hours": { days: "1-5", from: "09:00", to: "17:00" },
    }),
  "unknown-matrix-role": contactsText((o) => [adminContact(o), mailContact(o, "m.role.support", "help")]),
  "byte-order-mark": (o) => `\ufeff${jsonText({ contacts: [adminContact(o)] })}`,
  "duplicate-key": (o) =>
    `{"support_page": "https://${o.site}/old", "contacts": ${JSON.stringify([adminContact(o)])}, "support_page": "${pageOf(o)}"}`,
  "duplicate-contact": contactsText((o) => [adminContact(o), adminContact(o)]),
  "page-over-http": (o) => jsonText({ contacts: [adminContact(o)], support_page: `http://${o.site}/support` }),
  "page-by-mail": (o) => jsonText({ contacts: [adminContact(o)], support_page: `mailto:${mailOf(o, "help")}` }),
  "on-one-line": (o) => JSON.stringify({ contacts: [adminContact(o)] }),
  "escaped-characters": (o) =>
    `{"contacts":[{"role":"m.role\\u002eadmin","email_address":"\\u0061buse@${o.mailDomain}"}]}`,
  /** Another value of a key that nobody knows at every visit: no new revision may come of it. */
  "churning-key": (o, visit) => jsonText({ contacts: [adminContact(o)], "org.example.generated": visit }),
} as const satisfies Record<string, DocumentText>;
