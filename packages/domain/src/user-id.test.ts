import fc from "fast-check";
import { describe, expect, test } from "vitest";
import corpus from "../fixtures/identifiers/user-id.json" with { type: "json" };
import { anyText, userIdText } from "../tests/identifier-arbitraries.ts";
import { serverKeyOf } from "./server-name.ts";
import { parseUserId, partsOfUserId, userKeyOf } from "./user-id.ts";

describe("parseUserId", () => {
  test.each(corpus.valid)("accepts $text", ({ text, ...expected }) => {
    expect(parseUserId(text)).toEqual({ ok: true, value: { userId: text, ...expected } });
  });

  test.each(corpus.invalid)("refuses $text with $code", ({ text, code }) => {
    expect(parseUserId(text)).toMatchObject({ ok: false, error: { code } });
  });

  test("refuses half a surrogate pair", () => {
    expect(parseUserId("@ali\ud800ce:example.org")).toMatchObject({ ok: false, error: { code: "user-id-character" } });
  });

  test("answers for any text, and keeps what it accepts as given", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, userIdText), (text) => {
        const parsed = parseUserId(text);
        if (parsed.ok) expect(parsed.value.userId).toBe(text);
        else expect(parsed.error.message).not.toBe("");
      }),
    );
  });

  test("accepts whatever the grammar makes", () => {
    fc.assert(fc.property(userIdText, (text) => parseUserId(text).ok));
  });

  test("puts a user ID together from its parts again", () => {
    fc.assert(
      fc.property(userIdText, (text) => {
        const parsed = parseUserId(text);
        if (!parsed.ok) throw new Error(parsed.error.message);
        const { localpart, serverName } = partsOfUserId(parsed.value.userId);
        expect(`@${localpart}:${serverName}`).toBe(text);
      }),
    );
  });

  test("compares localparts exactly and server names without case", () => {
    fc.assert(
      fc.property(userIdText, userIdText, (one, other) => {
        const [a, b] = [parseUserId(one), parseUserId(other)];
        if (!a.ok || !b.ok) throw new Error("the arbitrary makes user IDs");
        const same =
          a.value.localpart === b.value.localpart &&
          serverKeyOf(a.value.serverName) === serverKeyOf(b.value.serverName);
        expect(userKeyOf(a.value.userId) === userKeyOf(b.value.userId)).toBe(same);
      }),
    );
    const keys = ["@alice:example.org", "@alice:EXAMPLE.org", "@Alice:example.org"].map((text) => {
      const parsed = parseUserId(text);
      return parsed.ok ? userKeyOf(parsed.value.userId) : "";
    });
    expect(keys).toEqual(["@alice:example.org", "@alice:example.org", "@Alice:example.org"]);
  });
});
