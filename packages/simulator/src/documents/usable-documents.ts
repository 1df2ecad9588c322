import { adminContact, type DocumentText, jsonText, mailOf, pageOf, userIdOf } from "./document-text.ts";

/** Documents with errors in which somebody can still be found: the drafts of MSC1929, near-JSON, and slips of the pen. */
export const USABLE_DOCUMENTS = {
  "draft-admins": (o) =>
    jsonText({ admins: [{ mxid: userIdOf(o, "admin"), email: mailOf(o, "admin"), role: "admin" }] }),
  "draft-admins-without-role": (o) =>
    jsonText({ admins: [{ matrix_id: userIdOf(o, "admin"), email_address: mailOf(o, "admin") }] }),
  "bare-roles": (o) =>
    jsonText({
      contacts: [
        { role: "admin", matrix_id: userIdOf(o, "admin") },
        { role: "security", email_address: mailOf(o, "security") },
      ],
    }),
  "unquoted-keys": (o) => `{ contacts: [{ role: "m.role.admin", email_address: "${mailOf(o, "admin")}" }] }\n`,
  "trailing-commas": (o) => `{"contacts": [{"role": "m.role.admin", "email_address": "${mailOf(o, "admin")}",},],}\n`,
  comments: (o) =>
    `{\n  // who to write to\n  "contacts": [{"role": "m.role.admin", "email_address": "${mailOf(o, "admin")}"}] /* for now */\n}\n`,
  "single-quotes": (o) => `{'contacts': [{'role': 'm.role.admin', 'email_address': '${mailOf(o, "admin")}'}]}\n`,
  "null-user-id": (o) =>
    jsonText({ contacts: [{ role: "m.role.admin", matrix_id: null, email_address: mailOf(o, "admin") }] }),
  "null-page": (o) => jsonText({ contacts: [adminContact(o)], support_page: null }),
  "malformed-user-id": (o) =>
    jsonText({
      contacts: [
        { role: "m.role.admin", matrix_id: `admin:${o.userServer}` },
        { role: "m.role.security", email_address: mailOf(o, "security") },
      ],
    }),
  "missing-role": (o) => jsonText({ contacts: [{ email_address: mailOf(o, "admin") }] }),
  "contact-without-method": (o) => jsonText({ contacts: [adminContact(o), { role: "m.role.security" }] }),
  "contact-not-object": (o) => jsonText({ contacts: [mailOf(o, "admin"), adminContact(o)] }),
  "contacts-as-text": (o) => jsonText({ contacts: mailOf(o, "admin") }),
  "role-not-text": (o) => jsonText({ contacts: [{ role: 1, email_address: mailOf(o, "admin") }] }),
  "role-outside-grammar": (o) => jsonText({ contacts: [{ role: "Server Admin", email_address: mailOf(o, "admin") }] }),
  "page-no-uri": (o) => jsonText({ contacts: [adminContact(o)], support_page: "see our website" }),
  "contacts-null-with-page": (o) => jsonText({ contacts: null, support_page: pageOf(o) }),
} as const satisfies Record<string, DocumentText>;
