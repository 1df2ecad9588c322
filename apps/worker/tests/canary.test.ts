import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { addMs, DAY_MS, type Instant, MINUTE_MS, serverKeyOf, toInstant } from "@switchboard/domain";
import { createLogger } from "@switchboard/runtime";
import { serveVerbatim } from "@switchboard/simulator";
import { expect, onTestFinished, test, vi } from "vitest";
import { tendCanary } from "../src/keep-canary.ts";
import { openDirectory, serverName } from "./directory.ts";
import { promptServers, startCrawl } from "./simulated-crawl.ts";
import { metricsUrlOf, startWorkerProcess, TEST_MS } from "./worker-process.ts";

const API = fileURLToPath(new URL("../../api/src/main.ts", import.meta.url));
const DASHBOARD = new URL("../../../ops/grafana/switchboard.json", import.meta.url);
const CANARY = "canary.fed.test";
const log = createLogger({ name: "test", level: "silent", destination: "stderr" });

test("a canary goes from the api through a worker into the feed, and is due again at midnight", {
  timeout: TEST_MS,
}, async () => {
  const { store, federation, variables, startWorker } = await startCrawl(null, promptServers(3));
  const settings = { SWITCHBOARD_CANARY_NAME: CANARY };
  const api = startWorkerProcess({ ...variables, ...settings, SWITCHBOARD_HTTP_PORT: "0" }, API);
  onTestFinished(async () => void (await api.end("SIGKILL")));
  await api.until(async () => addressOf(api.log()) !== null);
  const url = addressOf(api.log()) ?? "";
  // The simulated federation stands in for the proxy that ends TLS in front of the api.
  federation.setBehaviour(CANARY, serveVerbatim(await readSupport(url)));

  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  expect(await scrape(`${url}/metrics`)).toContain("switchboard_canary_late 1\n");
  const worker = startWorker({
    ...settings,
    SWITCHBOARD_METRICS_PORT: "0",
    SWITCHBOARD_DISCOVERY_IN_FLIGHT: "1",
  });
  await worker.until(async () => (await fetch(`${url}/readyz`)).status === 200);
  const name = serverName(CANARY);
  const readCanary = () => store.readCanary(serverKeyOf(name));
  await worker.until(async () => (await readCanary())?.lastChangeAt != null);
  expect(await store.listSources(serverKeyOf(name))).toMatchObject([{ source: "canary" }]);
  const told = [await scrape(`${url}/metrics`), await scrape(metricsUrlOf(worker.log()))];
  for (const scraped of told) {
    expect(Number(/^switchboard_canary_age_seconds (.+)$/m.exec(scraped)?.[1])).toBeLessThan(300);
    expect(scraped).toContain("switchboard_canary_late 0\n");
  }
  // With a canary everything that the dashboard can show is told by one of the two, under the very name.
  const shown = (await readFile(DASHBOARD, "utf8")).match(/\b(?:switchboard|nodejs|process)_\w+/g) ?? [];
  expect(shown.length).toBeGreaterThan(20);
  const names = new Set(told.flatMap((scraped) => [...scraped.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)));
  expect(shown.filter((name) => !names.has(name) && !names.has(name.replace(/_(?:bucket|count)$/, "")))).toEqual([]);
  await worker.untilProbed(4);
  await worker.end("SIGTERM");

  const probedAt = (await readCanary())?.lastProbedAt ?? toInstant(0);
  const midnight = toInstant(Math.ceil(probedAt / DAY_MS) * DAY_MS);
  const tendAt = (now: Instant) => tendCanary({ store, name, clock: () => now, log });
  await tendAt(addMs(midnight, -MINUTE_MS));
  expect(await store.countDue()).toBe(0);
  await tendAt(midnight);
  expect(await store.countDue()).toBe(1);
});

test("a canary that is opted out is told of, not forced in", async () => {
  const { store, close } = await openDirectory();
  onTestFinished(close);
  const name = serverName(CANARY);
  await store.optOut(serverKeyOf(name));
  const warn = vi.spyOn(log, "warn");
  await tendCanary({ store, name, clock: () => toInstant(Date.now()), log });
  expect(warn.mock.calls).toEqual([[{ name }, expect.stringContaining("opted out")]]);
  expect(await store.countDue()).toBe(0);
});

const scrape = async (url: string) => (await fetch(url)).text();

function addressOf(apiLog: string): string | null {
  return /Server listening at (http:[^"]+)/.exec(apiLog)?.[1] ?? null;
}

/** The support document that the api serves as its canary. */
async function readSupport(url: string): Promise<Uint8Array> {
  const asked = request(`${url}/.well-known/matrix/support`, { headers: { host: CANARY } });
  asked.end();
  const document = await new Promise<string>((resolve, reject) => {
    asked.once("error", reject).once("response", (response) => resolve(text(response)));
  });
  expect(document).toMatch(/\/canary\/\d{4}-\d{2}-\d{2}"/);
  return Buffer.from(document);
}
