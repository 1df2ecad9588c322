import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/mxc-uri.json" with { type: "json" };
import { anyText, mxcUriText } from "../tests/identifier-arbitraries.ts";
import { parseMxcUri } from "./mxc-uri.ts";

describe("parseMxcUri", () => {
  test.each(corpus.valid)("accepts $text", ({ text, ...expected }) => {
    expect(parseMxcUri(text)).toEqual({ ok: true, value: { mxcUri: text, ...expected } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseMxcUri(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text, and keeps what it accepts as given", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, mxcUriText), (text) => {
        const parsed = parseMxcUri(text);
        if (parsed.ok) expect(parsed.value.mxcUri).toBe(text);
        else expect(parsed.error.message).not.toBe("");
      }),
    );
  });

  test("accepts whatever the grammar makes", () => {
    fc.assert(fc.property(mxcUriText, (text) => parseMxcUri(text).ok));
  });
});
