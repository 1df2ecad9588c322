import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hashText, pickByText, randomSequence, shuffled } from "./random.ts";

describe("random", () => {
  it("gives the same numbers for the same seed, in [0, 1) and spread evenly", () => {
    const numbers = (seed: number) => Array.from({ length: 10_000 }, randomSequence(seed));
    expect(numbers(3)).toEqual(numbers(3));
    expect(numbers(3)).not.toEqual(numbers(4));
    const buckets = Array.from({ length: 10 }, () => 0);
    for (const number of numbers(5)) buckets[Math.floor(number * 10)] = (buckets[Math.floor(number * 10)] ?? 0) + 1;
    for (const bucket of buckets) expect(Math.abs(bucket - 1_000)).toBeLessThan(150);
  });

  it("shuffles without loss", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const result = shuffled(items, randomSequence(seed));
        expect([...result].sort()).toEqual([...items].sort());
      }),
    );
  });

  it("hashes to 32 bits, and picks what the text says", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(hashText(text)).toBe(hashText(text) >>> 0);
        expect(pickByText(["a", "b", "c"], text)).toBe(pickByText(["a", "b", "c"], text));
      }),
    );
    expect(() => pickByText([], "x")).toThrow(RangeError);
  });
});
