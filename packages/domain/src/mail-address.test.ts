import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/mail-address.json" with { type: "json" };
import { anyText } from "../tests/identifier-arbitraries.ts";
import { mailDomainOf, mailKeyOf, parseMailAddress } from "./mail-address.ts";

describe("parseMailAddress", () => {
  test.each(corpus.valid)("accepts $text", ({ text, domain }) => {
    const parsed = parseMailAddress(text);
    if (!parsed.ok) throw new Error(parsed.error.message);
    expect(parsed.value).toBe(text);
    expect(mailDomainOf(parsed.value)).toBe(domain);
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseMailAddress(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text; what it accepts has no control character and no white space outside quotes", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyText,
          fc.tuple(anyText, anyText).map((pair) => pair.join("@")),
        ),
        (text) => {
          const parsed = parseMailAddress(text);
          if (parsed.ok) expect(text).not.toMatch(/[\p{C}]|^[^"]*\s/u);
        },
      ),
    );
  });

  test("accepts what the ordinary grammar makes", () => {
    fc.assert(fc.property(fc.emailAddress({ size: "small" }), (text) => parseMailAddress(text).ok));
  });

  test("takes linear time", () => {
    for (const text of [`${"a.".repeat(50_000)}@`, `a@${"b-".repeat(50_000)}`, `"${"\\".repeat(50_000)}@b`]) {
      expect(parseMailAddress(text).ok).toBe(false);
    }
  });
});

describe("mailKeyOf", () => {
  test("keeps the case of the local part and not of the domain", () => {
    const keys = ["Abuse@EXAMPLE.org", "Abuse@example.org", "abuse@example.org"].map((text) => {
      const parsed = parseMailAddress(text);
      return parsed.ok ? mailKeyOf(parsed.value) : "";
    });
    expect(keys).toEqual(["Abuse@example.org", "Abuse@example.org", "abuse@example.org"]);
  });
});
