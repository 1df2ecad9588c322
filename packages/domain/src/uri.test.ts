import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUnsafeUri, isWebUri, parseUri, percentEncode } from "./uri.ts";

describe("parseUri", () => {
  it.each([
    ["https://example.org", "https", "example.org"],
    ["HTTPS://Example.org:8443/a/b;c?d=/e?#f/g?", "https", "Example.org"],
    ["https://user:password@example.org/", "https", "example.org"],
    ["https://[2001:db8::1]:443/", "https", "[2001:db8::1]"],
    ["https://xn--mnchen-3ya.example/%C3%BC", "https", "xn--mnchen-3ya.example"],
    ["mailto:abuse@example.org", "mailto", null],
    ["tel:+1-201-555-0123", "tel", null],
    ["urn:example:animal:ferret:nose", "urn", null],
    ["matrix:r/support:example.org", "matrix", null],
    ["dns:abc._openpgpkey.example.org?type=OPENPGPKEY", "dns", null],
    ["file:///etc/passwd", "file", ""],
    ["javascript:alert(1)", "javascript", null],
    ["about:", "about", null],
  ])("%s", (text, scheme, host) => {
    expect(parseUri(text)).toEqual({ scheme, host });
  });

  it.each([
    "",
    "example.org",
    "example.org/support",
    "//example.org",
    "/support",
    "https://",
    "https:///support",
    "https:example.org",
    "https://exa mple.org",
    "https://example.org/ü",
    "https://münchen.example",
    "https://example.org/%zz",
    "https://example.org/#a#b",
    "https://example.org/[a]",
    "https://example.org:port",
    "https:\\\\example.org",
    "https://example.org\n",
    "1https://example.org",
    '"https://example.org"',
  ])("%j is none", (text) => {
    expect(parseUri(text)).toBeNull();
  });
});

describe("the schemes", () => {
  it("tell pages from what runs code", () => {
    const kinds = ["https://a", "http://a", "mailto:a", "JavaScript:a", "data:a", "file:///a"].map((text) => {
      const uri = parseUri(text);
      return uri === null ? null : [isWebUri(uri), isUnsafeUri(uri)];
    });
    expect(kinds).toEqual([
      [true, false],
      [true, false],
      [false, false],
      [false, true],
      [false, true],
      [false, true],
    ]);
  });
});

describe("percentEncode", () => {
  it.each([
    ["https://example.org/a b", "https://example.org/a%20b"],
    ["https://example.org/ü?q=ß", "https://example.org/%C3%BC?q=%C3%9F"],
    ["https://example.org/100%", "https://example.org/100%25"],
    ["https://example.org/%20", "https://example.org/%20"],
    ["https://example.org/😀", "https://example.org/%F0%9F%98%80"],
  ])("%s is %s", (text, encoded) => {
    expect(percentEncode(text)).toBe(encoded);
    expect(parseUri(encoded)).not.toBeNull();
  });

  it.each(["https://example.org/\n", "https://example.org/\u202e", "https://example.org/\ud800"])(
    "refuses %j",
    (text) => {
      expect(percentEncode(text)).toBeNull();
    },
  );

  it("makes a URI of anything visible behind a host, and leaves what it made", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (path) => {
        const encoded = percentEncode(`https://example.org/${path.replace(/[[\]#]/g, "")}`);
        if (encoded === null) return;
        expect(parseUri(encoded)).not.toBeNull();
        expect(percentEncode(encoded)).toBe(encoded);
      }),
    );
  });
});
