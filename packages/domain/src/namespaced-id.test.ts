import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/namespaced-id.json" with { type: "json" };
import { anyText } from "../tests/identifier-arbitraries.ts";
import { parseNamespacedId } from "./namespaced-id.ts";

describe("parseNamespacedId", () => {
  test.each(corpus.valid)("accepts $text", ({ text, namespace }) => {
    expect(parseNamespacedId(text)).toEqual({ ok: true, value: { namespacedId: text, namespace } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseNamespacedId(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text, and accepts whatever the grammar makes", () => {
    fc.assert(fc.property(anyText, (text) => typeof parseNamespacedId(text).ok === "boolean"));
    fc.assert(fc.property(fc.stringMatching(/^[a-z][a-z0-9\-_.]{0,40}$/), (text) => parseNamespacedId(text).ok));
  });
});
