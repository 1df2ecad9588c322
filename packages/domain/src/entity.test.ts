import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/entity.json" with { type: "json" };
import {
  anyText,
  eventIdText,
  mxcUriText,
  roomAliasText,
  roomIdText,
  serverNameText,
  userIdText,
} from "../tests/identifier-arbitraries.ts";
import { type Entity, identifierOf, needsSender, parseEntity, printEntity, serversOfEntity } from "./entity.ts";

function entity(text: string): Entity {
  const parsed = parseEntity(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const identifierText = fc.oneof(serverNameText, userIdText, roomAliasText, roomIdText, eventIdText, mxcUriText);

describe("parseEntity", () => {
  test.each(corpus.valid)("reads $text", ({ text, entity: expected, servers }) => {
    const parsed = entity(text);
    expect(parsed).toMatchObject({ given: text, ...expected });
    expect(serversOfEntity(parsed).map(({ serverName, relation }) => `${serverName} ${relation}`)).toEqual(servers);
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseEntity(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("answers for any text, with an error that says what to do", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parsed = parseEntity(text);
        if (!parsed.ok) expect(parsed.error.hint).not.toBe("");
      }),
    );
  });

  test("reads every identifier as it is", () => {
    fc.assert(
      fc.property(identifierText, (text) => {
        expect(identifierOf(entity(text))).toBe(text);
      }),
    );
  });

  test("reads back what it prints", () => {
    const pasted = fc.oneof(
      identifierText,
      fc
        .tuple(fc.oneof(roomAliasText, roomIdText), eventIdText, fc.array(serverNameText, { maxLength: 3 }))
        .map(([room, event, via]) => {
          const query = via.map((name) => `via=${encodeURIComponent(name)}`).join("&");
          return `https://matrix.to/#/${encodeURIComponent(room)}/${encodeURIComponent(event)}?${query}`;
        }),
    );
    fc.assert(
      fc.property(pasted, (text) => {
        const parsed = entity(text);
        const printed = printEntity(parsed);
        expect(entity(printed)).toEqual({ ...parsed, given: printed });
      }),
    );
  });
});

describe("serversOfEntity", () => {
  test("names each server once, and an author for nothing but users, media and servers", () => {
    fc.assert(
      fc.property(identifierText, fc.array(serverNameText, { maxLength: 3 }), (text, via) => {
        const query = via.map((name) => `via=${name}`).join("&");
        const parsed = entity(/^[#!$]/.test(text) && via.length > 0 ? `${text}?${query}` : text);
        const servers = serversOfEntity(parsed);
        expect(new Set(servers.map(({ serverName }) => serverName.toLowerCase())).size).toBe(servers.length);
        const hasAuthor = servers.some(({ relation }) => relation === "author");
        expect(hasAuthor).toBe(["server", "user", "media"].includes(parsed.kind));
        expect(needsSender(parsed)).toBe(!hasAuthor);
      }),
    );
  });
});
