import { FEDERATION_BEHAVIOURS, type ServerDescription, type SimulatedServer } from "@switchboard/simulator";
import type { Store } from "@switchboard/store";
import { expect, test } from "vitest";
import { listingsOf } from "./directory.ts";
import { countProbed, promptServers, startCrawl } from "./simulated-crawl.ts";
import { TEST_MS } from "./worker-process.ts";

/** Short, because a killed worker's claims wait for it; long enough for a busy machine to answer in. */
const DEADLINE_MS = "5000";

/** Servers that are well themselves, found in every way there is. */
const FOUND: readonly ServerDescription[] = FEDERATION_BEHAVIOURS.map((federation) => ({
  serverName: `${federation}.fed.test`,
  behaviour: { family: "document", document: "admin-both", delivery: "plain" },
  federation,
}));

async function countDiscovered(store: Store): Promise<number> {
  const { online, offline } = await store.readStats();
  return online + offline;
}

/** What the directory says of these servers is what the simulator says. */
async function expectTruth(store: Store, servers: readonly SimulatedServer[]) {
  const listings = await listingsOf(store, servers);
  const seen = listings.map(({ serverName, discovery }) => [serverName, discovery?.software, discovery?.failure]);
  const truth = servers.map(({ serverName, federationTruth }) => [
    serverName,
    federationTruth?.software,
    federationTruth?.reason,
  ]);
  expect(seen).toEqual(truth);
  for (const { discovery } of listings) {
    expect(discovery?.onlineSince).toBe(discovery?.software == null ? null : discovery.lastTriedAt);
  }
}

test("a worker probes and then finds every server, whatever way leads to it, and reads the truth", {
  timeout: TEST_MS,
}, async () => {
  const { store, names, startWorker, expectWholeTruth } = await startCrawl(null, [...FOUND, ...promptServers(60)]);
  const worker = startWorker({ SWITCHBOARD_DISCOVERY_IN_FLIGHT: "20" });
  await worker.until(async () => (await countDiscovered(store)) === names.length);
  await expectTruth(store, names.slice(0, FOUND.length));
  await expectWholeTruth();
  const { online, software, versions } = await store.readStats();
  const sum = (rows: readonly { count: number }[]) => rows.reduce((total, { count }) => total + count, 0);
  expect([sum(software), sum(versions)]).toEqual([online, online]);
  expect((await worker.end("SIGTERM")).code).toBe(0);
  expect(worker.log()).not.toMatch(/"level":[4-6]0/);
});

test("kill -9 in the middle: what was held comes due by its lease, and every server is found", {
  timeout: TEST_MS,
}, async () => {
  const { store, names, startWorker } = await startCrawl(null, [...FOUND, ...promptServers(200)]);
  const env = { SWITCHBOARD_DISCOVERY_IN_FLIGHT: "10", SWITCHBOARD_PROBE_DEADLINE_MS: DEADLINE_MS };
  const first = startWorker(env);
  await first.until(async () => (await countDiscovered(store)) > 20);
  await first.end("SIGKILL");
  expect(await countDiscovered(store)).toBeLessThan(names.length);
  const second = startWorker(env);
  await second.until(async () => (await countDiscovered(store)) === names.length);
  await expectTruth(store, names.slice(0, FOUND.length));
});

test("no server is looked for while probes wait for a place, and SIGTERM hands back what is under way", {
  timeout: TEST_MS,
}, async () => {
  const inFlight = 8;
  const { store, names, startWorker } = await startCrawl(null, promptServers(400));
  const worker = startWorker({ SWITCHBOARD_IN_FLIGHT: String(inFlight), SWITCHBOARD_DISCOVERY_IN_FLIGHT: "5" });
  await worker.until(async () => (await countDiscovered(store)) > 10);
  const { code, tookMs } = await worker.end("SIGTERM");
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(10_000);
  expect(await countProbed(store)).toBe(names.length);
  const listings = await listingsOf(store, names);
  const firstFound = Math.min(...listings.map(({ discovery }) => discovery?.lastTriedAt ?? Number.POSITIVE_INFINITY));
  const probedAfter = listings.filter(({ lastProbedAt }) => lastProbedAt !== null && lastProbedAt > firstFound);
  // Those under way when the last batch was claimed, and that batch.
  expect(probedAfter.length).toBeLessThanOrEqual(2 * inFlight);
  // Nobody holds a name any more: all the others can be claimed at once.
  expect(await store.countDueDiscoveries(1_000)).toBe(names.length - (await countDiscovered(store)));
});
