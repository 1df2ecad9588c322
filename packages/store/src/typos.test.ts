import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withOneSlip } from "./typos.ts";

const names = fc.stringMatching(/^[a-z0-9.-]{1,20}$/);

/** The name with one slip at some place. */
const slips = fc
  .tuple(
    names,
    fc.nat(),
    fc.constantFrom("a", "q", "9", "-", "."),
    fc.constantFrom("swap", "missing", "extra", "wrong"),
  )
  .map(([name, seed, character, kind]) => {
    const place = seed % name.length;
    const [before, here, after] = [name.slice(0, place), name.charAt(place), name.slice(place + 1)];
    const typed = {
      swap: before + after.slice(0, 1) + here + after.slice(1),
      missing: before + after,
      extra: before + character + here + after,
      wrong: before + character + after,
    }[kind];
    return { name, typed, place };
  });

describe("a text with one slip", () => {
  test("may have been meant as what it was before", () => {
    fc.assert(
      fc.property(slips, ({ name, typed, place }) => {
        expect(withOneSlip(typed, typed.length)).toContain(name);
        // What is unchanged is the beginning of a known name.
        expect(withOneSlip(typed, place)).toContain(name);
      }),
    );
  });

  test("is looked for behind what is known no further, however long it is", () => {
    expect(withOneSlip("a".repeat(10_000), 4).length).toBeLessThan(5 * 80);
    expect(withOneSlip("abc", 0)).not.toContain("acb");
  });

  test("is taken in characters, not in halves of them", () => {
    expect(withOneSlip("m\u{1f980}trix", 6)).toContain("matrix");
  });
});
