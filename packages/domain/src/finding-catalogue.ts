import type { Finding, Severity } from "./finding.ts";

const SPEC = "https://spec.matrix.org/v1.19";
const SUPPORT = `${SPEC}/client-server-api/#getwell-knownmatrixsupport`;
const WELL_KNOWN = `${SPEC}/client-server-api/#well-known-uris`;
const CORS = `${SPEC}/client-server-api/#web-browser-clients`;
const USER_IDS = `${SPEC}/appendices/#user-identifiers`;
const HISTORICAL_USER_IDS = `${SPEC}/appendices/#historical-user-ids`;
const NAMESPACED_IDS = `${SPEC}/appendices/#common-namespaced-identifier-grammar`;
const RFC_5321_MAILBOX = "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2";
const RFC_3986 = "https://www.rfc-editor.org/rfc/rfc3986#section-3";
const JSON_GRAMMAR = "https://www.rfc-editor.org/rfc/rfc8259#section-2";
const JSON_OBJECTS = "https://www.rfc-editor.org/rfc/rfc8259#section-4";
const JSON_ENCODING = "https://www.rfc-editor.org/rfc/rfc8259#section-8.1";
const JSON_STRINGS = "https://www.rfc-editor.org/rfc/rfc8259#section-8.2";
const JSON_LIMITS = "https://www.rfc-editor.org/rfc/rfc8259#section-9";
const UNDERSCORED_NAMES = "https://www.rfc-editor.org/rfc/rfc8552#section-1";
const MSC1929 = "https://github.com/matrix-org/matrix-spec-proposals/pull/1929";
const MSC4266 = "https://github.com/matrix-org/matrix-spec-proposals/pull/4266";
const MSC4439 = "https://github.com/matrix-org/matrix-spec-proposals/pull/4439";
const UNSTABLE_WELL_KNOWN = "https://spec.matrix.org/unstable/client-server-api/#well-known-uris";

/** What does not change from one finding of a code to the next. */
export type CatalogueEntry = {
  /** `error`: breaks a MUST of the spec. `warning`: will hurt, or breaks an open proposal. `info`: worth knowing. */
  readonly severity: Severity;
  readonly title: string;
  /** What to do about it, where a finding has no closer hint. */
  readonly hint: string;
  readonly spec: string;
};

/** Every remark that we make, in the order of docs/findings.md, which is generated from here. */
export const FINDING_CATALOGUE = {
  empty: {
    severity: "error",
    title: "The answer is empty",
    hint: "Publish a JSON object, or let the server answer 404.",
    spec: SUPPORT,
  },
  "too-large": {
    severity: "error",
    title: "The document is larger than 64 KiB and is not read",
    hint: "Publish the contacts only; some servers read no more than 1,500 bytes.",
    spec: JSON_LIMITS,
  },
  "not-utf8": {
    severity: "error",
    title: "The text is not UTF-8",
    hint: "Save the file as UTF-8 without a byte order mark.",
    spec: JSON_ENCODING,
  },
  "byte-order-mark": {
    severity: "warning",
    title: "The text begins with a byte order mark, at which most JSON parsers fail",
    hint: "Save the file as UTF-8 without a byte order mark.",
    spec: JSON_ENCODING,
  },
  html: {
    severity: "error",
    title: "The answer is a web page (or XML), not JSON",
    hint: "Serve the JSON file at /.well-known/matrix/support, or answer 404 there instead of a page.",
    spec: SUPPORT,
  },
  "too-deep": {
    severity: "error",
    title: "Arrays and objects are nested deeper than 32 levels; the document is not read",
    hint: "A support document needs four levels; remove what is nested deeper.",
    spec: JSON_LIMITS,
  },
  "not-json": {
    severity: "error",
    title: "The text is not JSON",
    hint: "Check the file with a JSON validator.",
    spec: JSON_GRAMMAR,
  },
  "not-strict-json": {
    severity: "error",
    title: "The text is JSON5 (comments, trailing commas, unquoted keys, single quotes), not JSON",
    hint: "Remove what JSON does not have: comments, commas before a closing bracket, keys and texts without double quotes.",
    spec: JSON_GRAMMAR,
  },
  "duplicate-key": {
    severity: "warning",
    title: "A key stands twice in one object; which one counts differs from parser to parser",
    hint: "Keep one of them.",
    spec: JSON_OBJECTS,
  },
  "not-object": {
    severity: "error",
    title: "The document is JSON, but not an object",
    hint: 'Publish an object: {"contacts": […], "support_page": "https://…"}.',
    spec: SUPPORT,
  },
  "nothing-published": {
    severity: "error",
    title: "The document has neither contacts nor a support page; at least one of them is required",
    hint: 'Add a contact, such as {"contacts": [{"role": "m.role.admin", "email_address": "abuse@example.org"}]}, or let the server answer 404.',
    spec: SUPPORT,
  },
  "nothing-usable": {
    severity: "error",
    title: "No contact and no support page of the document can be used",
    hint: "Correct the errors reported beside this one.",
    spec: SUPPORT,
  },
  "null-value": {
    severity: "error",
    title: "A field is null, which no field of a support document may be",
    hint: "Leave the key out.",
    spec: SUPPORT,
  },
  "wrong-type": {
    severity: "error",
    title: "A field has the wrong JSON type",
    hint: "Write the type that the field asks for.",
    spec: SUPPORT,
  },
  "unstorable-text": {
    severity: "error",
    title: "A text has a NUL character or half of a surrogate pair, which is no Unicode text; it is not used",
    hint: "Write the text again; something damaged it.",
    spec: JSON_STRINGS,
  },
  "value-too-long": {
    severity: "error",
    title: "A text is longer than any that could be used",
    hint: "Check what was copied.",
    spec: JSON_LIMITS,
  },
  "decorated-value": {
    severity: "error",
    title: "A value has something around it that does not belong to it (white space, <…>, mailto:, a matrix.to link)",
    hint: "Write the value alone.",
    spec: SUPPORT,
  },
  "obsolete-key": {
    severity: "error",
    title: "A key of an early draft of MSC1929 stands in the place of the key of the spec; clients do not read it",
    hint: "Rename the key.",
    spec: MSC1929,
  },
  "superseded-key": {
    severity: "warning",
    title: "A key of a draft or an unstable prefix stands beside the key that replaced it and is not read",
    hint: "Remove the old key, before the two differ.",
    spec: SUPPORT,
  },
  "proposed-key": {
    severity: "info",
    title: "A key comes from a proposal that is not in the spec yet",
    hint: "Nothing need be done; the proposal may still change.",
    spec: SUPPORT,
  },
  "unknown-key": {
    severity: "info",
    title: "A key is not one of the spec nor of a proposal that we know; it is kept and not read",
    hint: "Check the spelling, if it was meant to be read by others.",
    spec: SUPPORT,
  },
  "directory-key-malformed": {
    severity: "warning",
    title: "The key that says whether the server may be listed is not understood, and so does not count",
    hint: 'Write "io.switchboard.directory": {"listed": false} to be left alone, or remove the key.',
    spec: NAMESPACED_IDS,
  },
  "asks-not-to-be-listed": {
    severity: "info",
    title: "The document asks directories not to list the server: it is opted out when it is next probed",
    hint: "Nothing need be done; remove io.switchboard.directory, if the server should be listed.",
    spec: NAMESPACED_IDS,
  },
  "too-many-contacts": {
    severity: "warning",
    title: "There are more than 100 contacts; the rest is not read",
    hint: "Publish the few contacts that somebody reads.",
    spec: SUPPORT,
  },
  "contact-without-method": {
    severity: "error",
    title: "A contact has neither a Matrix ID nor a mail address; at least one of them is required",
    hint: "Add matrix_id or email_address, or remove the contact.",
    spec: SUPPORT,
  },
  "duplicate-contact": {
    severity: "warning",
    title: "A contact stands twice, with the same role and the same methods",
    hint: "Remove one of them.",
    spec: SUPPORT,
  },
  "role-missing": {
    severity: "error",
    title: "A contact has no role, the one field that is always required",
    hint: 'Add "role": "m.role.admin", or "m.role.security" for sensitive requests.',
    spec: SUPPORT,
  },
  "role-malformed": {
    severity: "error",
    title: "A role does not follow the grammar of namespaced identifiers",
    hint: "Use m.role.admin or m.role.security, or a reversed domain name of your own in lower case, such as org.example.role.billing.",
    spec: NAMESPACED_IDS,
  },
  "role-obsolete": {
    severity: "error",
    title: "A role is spelled as in an early draft of MSC1929; clients do not know it",
    hint: "Use the role of the spec.",
    spec: SUPPORT,
  },
  "role-reserved": {
    severity: "warning",
    title: 'A role begins with "m.", which is reserved for the spec, and is none that we know',
    hint: "Use m.role.admin or m.role.security, or a role under a domain name of your own.",
    spec: NAMESPACED_IDS,
  },
  "role-not-namespaced": {
    severity: "warning",
    title: "A role has no namespace, so that nobody can tell what it means",
    hint: "Use m.role.admin or m.role.security, or put a domain name of your own before it, such as org.example.role.billing.",
    spec: NAMESPACED_IDS,
  },
  "role-proposed": {
    severity: "info",
    title: "A role comes from a proposal that is not in the spec yet",
    hint: "Nothing need be done; keep an m.role.admin contact for clients that do not know it.",
    spec: SUPPORT,
  },
  "role-custom": {
    severity: "info",
    title: "A role of your own, which the spec permits; clients may treat it like any contact",
    hint: "Nothing need be done; keep an m.role.admin contact for clients that do not know it.",
    spec: NAMESPACED_IDS,
  },
  "matrix-id-malformed": {
    severity: "error",
    title: "A Matrix ID is not a user ID",
    hint: "Write it as @name:example.org.",
    spec: USER_IDS,
  },
  "matrix-id-non-compliant": {
    severity: "error",
    title: "A Matrix ID has a localpart that is empty or has characters outside U+0021 to U+007E",
    hint: "Use an account with a localpart of a-z, 0-9 and . _ = - / + only; servers may refuse to pass this one on to clients.",
    spec: HISTORICAL_USER_IDS,
  },
  "matrix-id-historical": {
    severity: "warning",
    title: "A Matrix ID has characters of the historical grammar, which is deprecated",
    hint: "If it was meant to be in lower case, write it so; else use an account with a localpart of a-z, 0-9 and . _ = - / + only.",
    spec: HISTORICAL_USER_IDS,
  },
  "email-address-malformed": {
    severity: "error",
    title: "A mail address is not an RFC 5321 mailbox",
    hint: "Write one plain address, such as abuse@example.org.",
    spec: RFC_5321_MAILBOX,
  },
  "support-page-malformed": {
    severity: "error",
    title: "The support page is not a URI",
    hint: "Write a whole address that begins with https://.",
    spec: RFC_3986,
  },
  "support-page-unencoded": {
    severity: "error",
    title: "The support page has characters that must be percent-encoded in a URI",
    hint: "Copy the address from the address bar of a browser.",
    spec: RFC_3986,
  },
  "support-page-unsafe": {
    severity: "error",
    title: "The support page would run code or open a local file instead of a page; it is not used",
    hint: "Write the https:// address of a page.",
    spec: SUPPORT,
  },
  "support-page-not-https": {
    severity: "warning",
    title: "The support page is served without encryption",
    hint: "Serve the page over https and write its https:// address.",
    spec: SUPPORT,
  },
  "support-page-not-web": {
    severity: "warning",
    title: "The support page is a URI but not a web address, so that most clients cannot open it as a page",
    hint: "Write the https:// address of a page; mail addresses and Matrix IDs belong into contacts.",
    spec: SUPPORT,
  },
  "pgp-key-malformed": {
    severity: "warning",
    title: "A PGP key must be a URI from where the key can be had (MSC4439)",
    hint: "Write the https:// address of the key, or openpgp4fpr: and its fingerprint.",
    spec: MSC4439,
  },
  "pgp-key-raw": {
    severity: "warning",
    title: "A PGP key stands in the document itself, which MSC4439 forbids",
    hint: "Publish the key as a file and write its https:// address.",
    spec: MSC4439,
  },
  "pgp-key-not-https": {
    severity: "warning",
    title: "A PGP key is at a web address that does not begin with https:// (MSC4439)",
    hint: "Serve the key over https: on the way over http it can be replaced.",
    spec: MSC4439,
  },
  "pgp-key-fingerprint": {
    severity: "warning",
    title: "A fingerprint of a PGP key must be written as openpgp4fpr: and 40 or 64 hexadecimal digits (MSC4439)",
    hint: "Write openpgp4fpr: and the fingerprint without spaces.",
    spec: MSC4439,
  },
  "pgp-key-without-mail": {
    severity: "warning",
    title: "A contact has a PGP key but no mail address to use it with (MSC4439)",
    hint: "Add the email_address that the key is for.",
    spec: MSC4439,
  },
  "pgp-key-obsolete": {
    severity: "warning",
    title: "A PGP key stands under the name of an early draft of MSC4439",
    hint: "Rename the key to dev.zirco.msc4439.pgp_key.",
    spec: MSC4439,
  },
  "policies-malformed": {
    severity: "warning",
    title: "The policies are not of the form that MSC4266 gives them",
    hint: 'Write {"privacy_policy": {"version": "1.0", "en": {"name": "Privacy policy", "url": "https://…"}}}.',
    spec: MSC4266,
  },
  "only-reachable-on-own-server": {
    severity: "warning",
    title:
      "No contact has a mail address and every Matrix ID is on the server itself: nobody can be reached while it is down",
    hint: "Add an email_address, or a Matrix ID on another server.",
    spec: SUPPORT,
  },
  "no-security-contact": {
    severity: "info",
    title: "There is no contact for sensitive requests",
    hint: 'Add a contact with "role": "m.role.security"; it may have the same address.',
    spec: SUPPORT,
  },
  "findings-left-out": {
    severity: "info",
    title: "There are more findings than are listed",
    hint: "Correct the findings that are listed and look again.",
    spec: SUPPORT,
  },
  "directory-record-malformed": {
    severity: "warning",
    title:
      "The DNS record that says whether the server may be listed, TXT at _switchboard.{hostname}, is not understood, and so does not count",
    hint: "Write v=switchboard1; directory=no to be left alone, without quotation marks of its own, or remove the record.",
    spec: UNDERSCORED_NAMES,
  },
  "content-type-missing": {
    severity: "warning",
    title: "The answer has no content type",
    hint: "Serve the document with Content-Type: application/json.",
    spec: SUPPORT,
  },
  "content-type-wrong": {
    severity: "warning",
    title: "The answer's content type is not application/json",
    hint: "Serve the document with Content-Type: application/json.",
    spec: SUPPORT,
  },
  "cors-missing": {
    severity: "warning",
    title: "The answer has no CORS header, so that clients in a browser cannot read it",
    hint: "Serve the document with Access-Control-Allow-Origin: *.",
    spec: WELL_KNOWN,
  },
  "cors-restricted": {
    severity: "warning",
    title: "The CORS header lets only one origin read the document",
    hint: "Serve the document with Access-Control-Allow-Origin: *.",
    spec: CORS,
  },
  "cors-missing-on-redirect": {
    severity: "warning",
    title: "A redirect has no CORS header that admits every origin, so that clients in a browser cannot follow it",
    hint: "Serve the redirect, too, with Access-Control-Allow-Origin: *.",
    spec: UNSTABLE_WELL_KNOWN,
  },
} as const satisfies Record<string, CatalogueEntry>;

/** The stable codes of findings. A code outside the catalogue cannot be emitted. */
export type FindingCode = keyof typeof FINDING_CATALOGUE;

/** One remark as a rule makes it: severity and reference come from the catalogue, the hint too unless there is a closer one. */
export type Remark = {
  readonly code: FindingCode;
  /** JSON pointer (RFC 6901) to what was served. */
  readonly path: string;
  /** What is wrong, naming the value. */
  readonly message: string;
  readonly hint?: string;
  readonly spec?: string;
};

/** Takes down one remark. */
export type Report = (remark: Remark) => void;

/** The finding that a remark makes. */
export function toFinding(remark: Remark): Finding {
  const { severity, hint, spec } = FINDING_CATALOGUE[remark.code];
  return {
    code: remark.code,
    severity,
    path: remark.path,
    message: remark.message,
    hint: remark.hint ?? hint,
    spec: remark.spec ?? spec,
  };
}
