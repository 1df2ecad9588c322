import { expect, test } from "vitest";
import { mayDiscover } from "./start-discovery.ts";

test.each<[string, { due?: number; underWay?: number; outage?: boolean }, boolean]>([
  ["nothing is to be probed", {}, true],
  ["what is due fits into one batch", { due: 125, underWay: 499 }, true],
  ["more is due", { due: 126 }, false],
  ["no place is free", { underWay: 500 }, false],
  ["our own network is away", { outage: true }, false],
])("discovery begins only while no probe waits: %s", async (_, { due = 0, underWay = 0, outage = false }, expected) => {
  const store = { countDue: async (atMost = due) => Math.min(atMost, due) };
  const crawler = { inFlight: () => underWay, hasOutage: () => outage };
  expect(await mayDiscover(store, { crawler, inFlight: 500, batchSize: 125 })).toBe(expected);
});
