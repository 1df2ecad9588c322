import fc from "fast-check";
import { expect, test } from "vitest";
import { byteLengthOf } from "./byte-length.ts";

test("byteLengthOf counts what an encoder writes, lone surrogates included", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[\ud800-\udfffa]{0,8}$/));
  fc.assert(
    fc.property(text, (text) => {
      expect(byteLengthOf(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});
