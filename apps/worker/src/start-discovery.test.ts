import { expect, test } from "vitest";
import { mayDiscover } from "./start-discovery.ts";

test.each<[string, { due?: number; isFull?: boolean; outage?: boolean }, boolean]>([
  ["nothing is to be probed", {}, true],
  ["what is due fits into one batch", { due: 125 }, true],
  ["more is due", { due: 126 }, false],
  ["a probe waits for a place", { isFull: true }, false],
  ["our own network is away", { outage: true }, false],
])(
  "discovery begins only while no probe waits: %s",
  async (_, { due = 0, isFull = false, outage = false }, expected) => {
    const store = { countDue: async (atMost = due) => Math.min(atMost, due) };
    const crawler = { hasOutage: () => outage };
    expect(await mayDiscover(store, { crawler, places: { isFull: () => isFull }, batchSize: 125 })).toBe(expected);
  },
);
