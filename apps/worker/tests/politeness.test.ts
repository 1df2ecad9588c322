import { createAddressLimiter, createCrawler, createPlaces, planBatches, sweep } from "@switchboard/crawl";
import { REVISIT_POLICY, toInstant } from "@switchboard/domain";
import { createProber } from "@switchboard/probe";
import { createLogger, systemStopwatch } from "@switchboard/runtime";
import { type ServerDescription, startFederation } from "@switchboard/simulator";
import { expect, onTestFinished, test } from "vitest";
import { openDirectory, serverName } from "./directory.ts";

const HOSTED = 150;
const OTHERS = 150;
const PER_SECOND = 10;
const PER_ADDRESS_IN_FLIGHT = 5;
const DEADLINE_MS = 10_000;

function absent(count: number, suffix: string, addressNumber?: (n: number) => number): ServerDescription[] {
  return Array.from({ length: count }, (_, n) => ({
    serverName: `server${n}.${suffix}`,
    behaviour: { family: "absent", how: "not-found" },
    ...(addressNumber === undefined ? {} : { addressNumber: addressNumber(n) }),
  }));
}

test("a hoster of many names at one address is asked at its bound, and nobody waits for it", {
  timeout: 90_000,
}, async () => {
  const hosted = absent(HOSTED, "hoster.test", () => 0);
  const others = absent(OTHERS, "others.test", (n) => 1 + (n % 127));
  const federation = await startFederation({ names: [...hosted, ...others] });
  const directory = await openDirectory();
  onTestFinished(async () => {
    await directory.close();
    await federation.stop();
  });
  const { store } = directory;
  // The hoster's names are due first: without fairness nobody else would have a turn before they are done.
  for (const names of [hosted, others]) {
    await store.addCandidates({
      names: names.map((server) => serverName(server.serverName)),
      source: "test",
      due: "now",
    });
  }

  const clock = () => toInstant(Date.now());
  const places = createPlaces(32);
  const stopwatch = systemStopwatch();
  const limiter = createAddressLimiter({ inFlight: PER_ADDRESS_IN_FLIGHT, perSecond: PER_SECOND, stopwatch });
  const prober = createProber({
    dnsServers: [federation.dnsServer],
    wellKnownPort: federation.wellKnownPort,
    allowNetworks: federation.allowNetworks,
    extraCa: federation.caPem,
    deadlineMs: DEADLINE_MS,
    connectTimeoutMs: DEADLINE_MS / 2,
    userAgent: "Switchboard/test (+https://switchboard.example.org)",
    clock,
    acquireAddress: limiter.acquireWithin(places),
    hasOptedOut: store.isOptedOut,
  });
  onTestFinished(() => prober.close());
  const { batchSize, lanes, leaseMs } = planBatches({ inFlight: 32, deadlineMs: DEADLINE_MS });
  const crawler = createCrawler({
    store,
    probe: prober.probe,
    policy: REVISIT_POLICY,
    places,
    batchSize,
    leaseMs,
    clock,
    random: Math.random,
    log: createLogger({ name: "test", level: "warn", destination: "stderr" }),
  });
  const isProbed = (server: ServerDescription) => federation.requestCount(server.serverName).requests > 0;
  const begunAt = performance.now();
  let othersDoneAfterMs = 0;
  let hostedByThen = 0;
  const summary = await sweep({
    crawler,
    store,
    lanes,
    signal: new AbortController().signal,
    stopwatch,
    onProgress: () => {
      if (othersDoneAfterMs > 0 || !others.every(isProbed)) return;
      othersDoneAfterMs = performance.now() - begunAt;
      hostedByThen = hosted.filter(isProbed).length;
    },
  });
  const tookMs = performance.now() - begunAt;

  expect(summary).toMatchObject({ probed: HOSTED + OTHERS, outcomes: { absent: HOSTED + OTHERS } });
  expect(summary.deferred).toBeGreaterThan(0);
  expect(summary.deferred).toBeLessThan(2 * HOSTED);
  for (const server of hosted) expect(federation.requestCount(server.serverName).requests).toBe(1);
  const hoster = federation.loads().find(({ address }) => address === federation.find("server0.hoster.test")?.address);
  expect(hoster?.total).toBe(HOSTED);
  // A server hears of a connection's end a moment after its client.
  expect(hoster?.peak).toBeLessThanOrEqual(PER_ADDRESS_IN_FLIGHT + 1);
  // Evenly spaced when they begin; on their way one may catch up with the one before.
  expect(hoster?.busiestSecond).toBeLessThanOrEqual(PER_SECOND + 1);
  expect(tookMs).toBeGreaterThan((HOSTED / PER_SECOND) * 1_000 * 0.9);
  // The limiter's own test holds it to a fifth more than that; here simulator and tests share a busy machine.
  expect(tookMs).toBeLessThan((HOSTED / PER_SECOND) * 1_000 * 2);
  expect(othersDoneAfterMs).toBeGreaterThan(0);
  expect(hostedByThen).toBeLessThan(HOSTED / 2);
});
