import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/room-alias.json" with { type: "json" };
import { anyText, roomAliasText } from "../tests/identifier-arbitraries.ts";
import { parseRoomAlias } from "./room-alias.ts";

describe("parseRoomAlias", () => {
  test.each(corpus.valid)("accepts $text", ({ text, ...expected }) => {
    expect(parseRoomAlias(text)).toEqual({ ok: true, value: { roomAlias: text, ...expected } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseRoomAlias(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text, and keeps what it accepts as given", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, roomAliasText), (text) => {
        const parsed = parseRoomAlias(text);
        if (parsed.ok) expect(parsed.value.roomAlias).toBe(text);
        else expect(parsed.error.message).not.toBe("");
      }),
    );
  });

  test("accepts whatever the grammar makes", () => {
    fc.assert(fc.property(roomAliasText, (text) => parseRoomAlias(text).ok));
  });
});
