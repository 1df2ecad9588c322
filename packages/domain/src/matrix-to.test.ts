import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/matrix-to.json" with { type: "json" };
import {
  anyText,
  eventIdText,
  roomAliasText,
  roomIdText,
  serverNameText,
  userIdText,
} from "../tests/identifier-arbitraries.ts";
import { MAX_VIA } from "./matrix-reference.ts";
import { buildMatrixTo, parseMatrixTo } from "./matrix-to.ts";

const identifiers = fc.oneof(
  userIdText.map((text) => [text]),
  fc.oneof(roomAliasText, roomIdText).map((text) => [text]),
  eventIdText.map((text) => [text]),
  fc.tuple(fc.oneof(roomAliasText, roomIdText), eventIdText),
);

describe("parseMatrixTo", () => {
  test.each(corpus.valid)("reads $text", ({ text, reference }) => {
    expect(parseMatrixTo(text)).toEqual({ ok: true, value: { link: text, reference } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseMatrixTo(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text", () => {
    fc.assert(fc.property(anyText, (rest) => typeof parseMatrixTo(`https://matrix.to/#/${rest}`).ok === "boolean"));
  });

  test("reads back whatever is built", () => {
    fc.assert(
      fc.property(identifiers, fc.array(serverNameText, { maxLength: 4 }), (texts, via) => {
        const query = via.map((name) => `via=${encodeURIComponent(name)}`).join("&");
        const link = `https://matrix.to/#/${texts.map(encodeURIComponent).join("/")}?${query}`;
        const parsed = parseMatrixTo(link);
        if (!parsed.ok) throw new Error(parsed.error.message);
        const built = buildMatrixTo(parsed.value.reference);
        expect(parseMatrixTo(built)).toEqual({ ok: true, value: { link: built, reference: parsed.value.reference } });
      }),
    );
  });

  test(`keeps ${MAX_VIA} servers of a link that offers more`, () => {
    const via = Array.from({ length: 50 }, (_, index) => `via=s${index}.example`).join("&");
    const parsed = parseMatrixTo(`https://matrix.to/#/!room:example.org?${via}`);
    expect(parsed).toMatchObject({ ok: true });
    if (parsed.ok && parsed.value.reference.kind === "room") expect(parsed.value.reference.via).toHaveLength(MAX_VIA);
  });
});
