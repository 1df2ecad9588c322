import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/matrix-uri.json" with { type: "json" };
import {
  anyText,
  eventIdText,
  roomAliasText,
  roomIdText,
  serverNameText,
  userIdText,
} from "../tests/identifier-arbitraries.ts";
import { parseMatrixUri } from "./matrix-uri.ts";

/** By the book: the sigil becomes the type, everything else is percent-encoded (appendices, "Matrix URI scheme"). */
const encodeSegment = (type: string, identifier: string): string =>
  `${type}/${encodeURIComponent(identifier.slice(1))}`;
/** A sigil left in is read as a mistake, so an identifier that really has two is not read back. */
const oneSigil = (text: string): boolean => text[1] !== text[0];

describe("parseMatrixUri", () => {
  test.each(corpus.valid)("reads $text", ({ text, reference }) => {
    expect(parseMatrixUri(text)).toEqual({ ok: true, value: { matrixUri: text, reference } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseMatrixUri(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text", () => {
    fc.assert(fc.property(anyText, (rest) => typeof parseMatrixUri(`matrix:${rest}`).ok === "boolean"));
  });

  test("reads back every user, room and event that is written by the book", () => {
    const room = fc.oneof(
      roomAliasText
        .filter(oneSigil)
        .map((alias) => ({ segment: encodeSegment("r", alias), identifier: { roomAlias: alias } })),
      roomIdText
        .filter(oneSigil)
        .map((roomId) => ({ segment: encodeSegment("roomid", roomId), identifier: { roomId } })),
    );
    fc.assert(
      fc.property(userIdText.filter(oneSigil), (userId) => {
        const parsed = parseMatrixUri(`matrix:${encodeSegment("u", userId)}?action=chat`);
        expect(parsed).toMatchObject({ ok: true, value: { reference: { kind: "user", userId } } });
      }),
    );
    fc.assert(
      fc.property(room, eventIdText.filter(oneSigil), serverNameText, ({ segment, identifier }, eventId, via) => {
        const query = `?via=${encodeURIComponent(via)}`;
        const roomUri = parseMatrixUri(`matrix:${segment}${query}`);
        expect(roomUri).toMatchObject({ ok: true, value: { reference: { ...identifier, via: [via] } } });
        const eventUri = parseMatrixUri(`matrix:${segment}/${encodeSegment("e", eventId)}${query}`);
        expect(eventUri).toMatchObject({
          ok: true,
          value: { reference: { kind: "event", eventId, room: identifier } },
        });
      }),
    );
  });
});
