import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyText, userIdText } from "../tests/identifier-arbitraries.ts";
import { unwrapPasted } from "./pasted-text.ts";

describe("unwrapPasted", () => {
  test("gives back an identifier from whatever is wrapped around it", () => {
    const wrapper = fc.constantFrom<[string, string]>(
      ["<", ">"],
      ["“", "”"],
      ["`", "`"],
      [" ", "\n"],
      ["(", ")."],
      ["", ","],
    );
    fc.assert(
      fc.property(userIdText, fc.array(wrapper, { maxLength: 4 }), (identifier, wrappers) => {
        const pasted = wrappers.reduce((inner, [open, close]) => `${open}${inner}${close}`, identifier);
        expect(unwrapPasted(pasted)).toBe(identifier);
      }),
    );
  });

  test("gives a part of the text, and the whole where nothing is to be taken off", () => {
    fc.assert(fc.property(anyText, (text) => text.includes(unwrapPasted(text))));
    expect(unwrapPasted("[2001:db8::1]")).toBe("[2001:db8::1]");
  });

  test("takes linear time on what is made to take longer", () => {
    for (const text of [
      `a${" ".repeat(200_000)}a`,
      `a${".".repeat(200_000)}a`,
      "(".repeat(200_000),
      "[".repeat(200_000),
    ]) {
      expect(unwrapPasted(text).length).toBeGreaterThan(199_000);
    }
  });
});
