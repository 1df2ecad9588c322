import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/room-id.json" with { type: "json" };
import { anyText, roomIdText } from "../tests/identifier-arbitraries.ts";
import { parseRoomId } from "./room-id.ts";

describe("parseRoomId", () => {
  test.each(corpus.valid)("accepts $text", ({ text, ...expected }) => {
    expect(parseRoomId(text)).toEqual({ ok: true, value: { roomId: text, ...expected } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseRoomId(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("refuses half a surrogate pair", () => {
    expect(parseRoomId("!some\udfffwhere:example.org")).toMatchObject({
      ok: false,
      error: { code: "room-id-character" },
    });
  });

  test("answers for any text, and keeps what it accepts as given", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, roomIdText), (text) => {
        const parsed = parseRoomId(text);
        if (parsed.ok) expect(parsed.value.roomId).toBe(text);
        else expect(parsed.error.message).not.toBe("");
      }),
    );
  });

  test("accepts whatever the grammar makes", () => {
    fc.assert(fc.property(roomIdText, (text) => parseRoomId(text).ok));
  });
});
