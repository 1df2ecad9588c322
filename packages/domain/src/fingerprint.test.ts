import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSupportDocument } from "./parse-support-document.ts";

function fingerprintOf(text: string): string | null {
  return parseSupportDocument(new TextEncoder().encode(text)).fingerprint;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const CONTACT = fc.record(
  {
    role: fc.constantFrom("m.role.admin", "admin", "org.example.x"),
    matrix_id: fc.constantFrom("@a:example.org", "@b:example.org", null, 5),
    mxid: fc.constantFrom("@c:example.org"),
    email_address: fc.constantFrom("a@example.org", " a@example.org", ["a@example.org"]),
    pgp_key: fc.constantFrom("https://example.org/key.asc"),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const POLICIES = fc.dictionary(
  fc.constantFrom("privacy_policy", "terms_of_service"),
  fc.record({
    version: fc.constantFrom("1", "2"),
    en: fc.record({ name: fc.constantFrom("A", "B"), url: fc.constantFrom("https://example.org/a", "/a", null) }),
  }),
  { noNullPrototype: true },
);
const DOCUMENT = fc.record(
  {
    contacts: fc.oneof(fc.array(CONTACT, { maxLength: 4 }), fc.constantFrom<Json>(null, "x")),
    admins: fc.array(CONTACT, { maxLength: 2 }),
    support_page: fc.constantFrom<Json>("https://example.org", "http://example.org", null),
    policies: POLICIES,
  },
  { requiredKeys: [], noNullPrototype: true },
);

/** The same document, served otherwise: keys and contacts in another order, unknown keys in objects that have some of ours. */
function serveOtherwise(value: Json, path: readonly string[]): Json {
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => serveOtherwise(item, [...path, "item"]));
    return path.join("/") === "contacts" || path.join("/") === "admins" ? items.toReversed() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, serveOtherwise(inner, [...path, key])] as const);
  // In a map of policies any key is one that we understand.
  const mayHaveUnknown = path[0] !== "policies" || path.length === 3;
  return Object.fromEntries([
    ...(mayHaveUnknown ? [["org.example.unknown", { a: [1] }] as const] : []),
    ...entries.toReversed(),
  ]);
}

describe("fingerprintOf", () => {
  it("does not depend on order, white space and unknown keys", () => {
    fc.assert(
      fc.property(DOCUMENT, fc.constantFrom("\t", "    ", "\n"), (document, indent) => {
        const otherwise = JSON.stringify(serveOtherwise(document as Json, []), null, indent);
        expect(fingerprintOf(otherwise)).toBe(fingerprintOf(JSON.stringify(document)));
      }),
      { numRuns: 300 },
    );
  });

  it("does not depend on escapes", () => {
    expect(fingerprintOf('{"\\u0073upport_page": "https:\\/\\/example.org"}')).toBe(
      fingerprintOf('{"support_page": "https://example.org"}'),
    );
  });

  it("tells everything that we understand apart, as served", () => {
    const texts = [
      "{}",
      '{"contacts": []}',
      '{"contacts": null}',
      '{"admins": []}',
      '{"contacts": [{"role": "m.role.admin"}]}',
      '{"contacts": {"role": "m.role.admin"}}',
      '{"contacts": [{"role": "admin"}]}',
      '{"contacts": [{"role": ["admin"]}]}',
      '{"contacts": [{"email_address": "a@example.org"}]}',
      '{"contacts": [{"email_address": " a@example.org"}]}',
      '{"contacts": [{"email": "a@example.org"}]}',
      '{"contacts": ["a@example.org"]}',
      '{"contacts": [{"role": "a", "role": "b"}]}',
      '{"contacts": [{"role": "b", "role": "a"}]}',
      '{"contacts": [{"role": "b"}]}',
      '{"contacts": [{"role": "b"}, {"role": "b"}]}',
      '{"contacts": [{"role": "b"},]}',
      '\uFEFF{"contacts": [{"role": "b"}]}',
      '\uFEFF{"contacts": [{"role": "b"},]}',
      '{"contacts": [{"pgp_key": "b"}]}',
      '{"contacts": [{"dev.zirco.msc4439.pgp_key": "b"}]}',
      '{"support_page": "https://example.org"}',
      '{"support_page": "https://example.org/"}',
      '{"support_page": ["https://example.org", "https://example.com"]}',
      '{"support_page": ["https://example.com", "https://example.org"]}',
      '{"policies": {}}',
      '{"org.matrix.msc4266.policies": {}}',
      '{"policies": {"a": {"version": "1"}}}',
      '{"policies": {"a": {"version": 1}}}',
      '{"policies": {"a": {"en": {"name": "A"}}}}',
    ];
    expect(new Set(texts.map(fingerprintOf)).size).toBe(texts.length);
  });

  it("is SHA-256 in hexadecimal, and stays what it is: a new form would make a new revision of every document", () => {
    expect(fingerprintOf('{"support_page": "https://example.org/support"}')).toBe(
      "b3f2d793a80d6b4bb1ca391346d1bc35aad191f37f404e5ea648ecd4c2c518e0",
    );
  });

  it("is null where there is no object", () => {
    expect(["", "[]", "<html>", "{", '"a"'].map(fingerprintOf)).toEqual([null, null, null, null, null]);
  });
});
