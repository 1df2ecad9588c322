import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseJsonObject } from "./json-object.ts";

const encode = (text: string) => new TextEncoder().encode(text);

describe("parseJsonObject", () => {
  test.each<[string, Uint8Array, string]>([
    ["nothing", encode(""), "not-json"],
    ["a page", encode("<!doctype html>"), "not-json"],
    ["JSON5", encode("{a: 1,}"), "not-json"],
    ["a byte order mark", encode("\ufeff{}"), "not-json"],
    ["an array", encode("[{}]"), "not-object"],
    ["null", encode("null"), "not-object"],
    ["a text", encode('"m.server"'), "not-object"],
    ["Latin-1", Uint8Array.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]), "not-utf8"],
    ["depth", encode(`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`), "too-deep"],
  ])("refuses %s", (_, bytes, reason) => {
    expect(parseJsonObject(bytes)).toEqual({ ok: false, error: reason });
  });

  test("reads what JSON writes, and throws on no bytes at all", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (object) => {
        const parsed = parseJsonObject(encode(JSON.stringify(object)));
        expect(parsed.ok && JSON.stringify(parsed.value)).toBe(JSON.stringify(object));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof parseJsonObject(bytes).ok).toBe("boolean");
      }),
    );
  });
});
