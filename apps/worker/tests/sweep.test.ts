import { createCrawler, createPlaces, planBatches, sweep } from "@switchboard/crawl";
import { type OutcomeKind, REVISIT_POLICY, toInstant } from "@switchboard/domain";
import { createProber } from "@switchboard/probe";
import { createLogger, systemStopwatch } from "@switchboard/runtime";
import { type SimulatedServer, startFederation } from "@switchboard/simulator";
import type { Store } from "@switchboard/store";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { allChanges, listingsOf, openDirectory, recordedOutcomes, serverName, trueOutcomes } from "./directory.ts";

const NAMES = 2_000;
// Few at once and a long deadline: on a starved machine the simulator, in this very process, must still answer in time.
const IN_FLIGHT = 32;
const DEADLINE_MS = 8_000;

const federation = await startFederation({ names: NAMES });
const directory = await openDirectory();
const { store } = directory;
const servers = federation.names();
const clock = () => toInstant(Date.now());
const log = createLogger({ name: "test", level: "warn", destination: "stderr" });
const logged = [vi.spyOn(log, "warn"), vi.spyOn(log, "error")];

const prober = createProber({
  dnsServers: [federation.dnsServer],
  wellKnownPort: federation.wellKnownPort,
  allowNetworks: federation.allowNetworks,
  extraCa: federation.caPem,
  deadlineMs: DEADLINE_MS,
  connectTimeoutMs: DEADLINE_MS / 2,
  userAgent: "Switchboard/test (+https://switchboard.example.org)",
  clock,
  acquireAddress: async () => () => undefined,
  hasOptedOut: store.isOptedOut,
});

afterAll(async () => {
  await prober.close();
  await directory.close();
  await federation.stop();
});

function sweepAll(over: Store) {
  const { batchSize, lanes, leaseMs } = planBatches({ inFlight: IN_FLIGHT, deadlineMs: DEADLINE_MS });
  const crawler = createCrawler({
    store: over,
    probe: prober.probe,
    policy: REVISIT_POLICY,
    places: createPlaces(IN_FLIGHT),
    batchSize,
    leaseMs,
    clock,
    random: Math.random,
    log,
  });
  const { signal } = new AbortController();
  return sweep({ crawler, store: over, lanes, signal, stopwatch: systemStopwatch() });
}

function countKinds(outcomes: readonly SimulatedServer[]): Record<OutcomeKind, number> {
  const counts = { document: 0, absent: 0, unusable: 0, unreachable: 0, refused: 0 };
  for (const { truth } of outcomes) if (truth !== null) counts[truth.kind] += 1;
  return counts;
}

beforeAll(async () => {
  await store.addCandidates({
    names: servers.map((server) => serverName(server.serverName)),
    source: "test",
    due: "now",
  });
});

test("one sweep finds the truth about 2,000 servers, whatever they do", { timeout: 120_000 }, async () => {
  const summary = await sweepAll(store);

  for (const spy of logged) expect(spy.mock.calls).toEqual([]);
  expect(await recordedOutcomes(store, servers)).toEqual(trueOutcomes(servers));
  const outcomes = countKinds(servers);
  expect(summary).toEqual({ probed: NAMES, outcomes, changes: outcomes.document, deferred: 0, optedOut: 0 });
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(0);

  // First sight of a document is the only thing that can have happened, once for each.
  const changes = await allChanges(store);
  expect(new Set(changes.map(({ kind }) => kind))).toEqual(new Set(["document-published"]));
  expect(new Set(changes.map(({ hostname }) => hostname)).size).toBe(outcomes.document);
  expect(changes).toHaveLength(outcomes.document);
  expect(await store.countDue()).toBe(0);
});

test("a second sweep finds nothing new but what changed, and confirms the rest", { timeout: 120_000 }, async () => {
  const steady = servers.filter(({ behaviour }) => behaviour.family !== "scripted");
  const before = await listingsOf(store, servers);
  const seen = (await allChanges(store)).length;
  await store.makeDue("all");
  const summary = await sweepAll(store);

  for (const spy of logged) expect(spy.mock.calls).toEqual([]);
  expect(summary.probed).toBe(NAMES);
  expect(await recordedOutcomes(store, steady)).toEqual(trueOutcomes(steady));
  const after = await listingsOf(store, servers);
  expect(after.every((listing, n) => (listing.lastProbedAt ?? 0) > (before[n]?.lastProbedAt ?? 0))).toBe(true);
  const news = (await allChanges(store)).slice(seen);
  const scripted = new Set(
    servers.filter(({ behaviour }) => behaviour.family === "scripted").map((server) => server.hostname),
  );
  expect(news.filter(({ hostname }) => !scripted.has(hostname)).map(({ kind, hostname }) => [kind, hostname])).toEqual(
    [],
  );
  expect(news).toHaveLength(summary.changes);
  expect(news.length).toBeGreaterThan(0);
  expect(servers.some((server) => federation.requestCount(server.serverName).conditional > 0)).toBe(true);
});
