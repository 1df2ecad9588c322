import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { coalesce } from "./coalesce.ts";

/** A source of squares whose queries end when the test says so. */
function controlledSource() {
  const queries: { readonly keys: readonly number[]; end(error?: Error): void }[] = [];
  const load = (keys: readonly number[]) =>
    new Promise<ReadonlyMap<number, number>>((resolve, reject) => {
      queries.push({
        keys,
        end: (error) => (error === undefined ? resolve(new Map(keys.map((key) => [key, key * key]))) : reject(error)),
      });
    });
  return { queries, load };
}

describe("coalescing look-ups", () => {
  test("what is asked for in one turn is one query, each key once", async () => {
    const { queries, load } = controlledSource();
    const find = coalesce({ load, maxKeys: 10, maxInFlight: 2 });
    const answers = [find([1, 2]), find([2]), find([3])];
    await turn();
    expect(queries.map(({ keys }) => keys)).toEqual([[1, 2, 3]]);
    queries[0]?.end();
    expect((await Promise.all(answers)).map((answer) => [...answer])).toEqual([
      [
        [1, 1],
        [2, 4],
      ],
      [[2, 4]],
      [[3, 9]],
    ]);
  });

  test("a look-up is never answered by a query that began before it, though it asks for the same key", async () => {
    const { queries, load } = controlledSource();
    const find = coalesce({ load, maxKeys: 10, maxInFlight: 1 });
    const first = find([1]);
    await turn();
    const second = find([1]);
    await turn();
    expect(queries).toHaveLength(1);
    queries[0]?.end();
    await first;
    await turn();
    expect(queries.map(({ keys }) => keys)).toEqual([[1], [1]]);
    queries[1]?.end();
    expect(await second).toEqual(new Map([[1, 1]]));
  });

  test("no more than the bound are under way, and the rest waits together", async () => {
    const { queries, load } = controlledSource();
    const find = coalesce({ load, maxKeys: 10, maxInFlight: 2 });
    const answers: Promise<unknown>[] = [];
    for (const key of [1, 2, 3, 4]) {
      answers.push(find([key]));
      await turn();
    }
    expect(queries.map(({ keys }) => keys)).toEqual([[1], [2]]);
    queries[0]?.end();
    await answers[0];
    await turn();
    expect(queries.map(({ keys }) => keys)).toEqual([[1], [2], [3, 4]]);
    for (const query of queries) query.end();
    await Promise.all(answers);
  });

  test("a query that fails fails its own look-ups alone, and the next goes on", async () => {
    const { queries, load } = controlledSource();
    const find = coalesce({ load, maxKeys: 1, maxInFlight: 1 });
    const failing = find([1]);
    const going = find([2]);
    await turn();
    queries[0]?.end(new Error("connection lost"));
    await expect(failing).rejects.toThrow("connection lost");
    await turn();
    queries[1]?.end();
    expect(await going).toEqual(new Map([[2, 4]]));
  });

  test("asking for nothing asks nobody", async () => {
    const { queries, load } = controlledSource();
    expect(await coalesce({ load, maxKeys: 1, maxInFlight: 1 })([])).toEqual(new Map());
    expect(queries).toEqual([]);
  });

  test("answers are those of asking alone, whatever is asked together, in queries of bounded size", async () => {
    const lookUps = fc.array(fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 20 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(lookUps, fc.integer({ min: 1, max: 8 }), async (asked, maxKeys) => {
        const sizes: number[] = [];
        const load = async (keys: readonly number[]) => {
          sizes.push(keys.length);
          await turn();
          // Odd keys are not there.
          return new Map(keys.filter((key) => key % 2 === 0).map((key) => [key, key * key]));
        };
        const find = coalesce({ load, maxKeys, maxInFlight: 2 });
        const answers = await Promise.all(asked.map(find));
        for (const [index, keys] of asked.entries()) {
          const even = keys.filter((key) => key % 2 === 0);
          expect(answers[index]).toEqual(new Map(even.map((key) => [key, key * key])));
        }
        expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(maxKeys);
      }),
    );
  });
});
