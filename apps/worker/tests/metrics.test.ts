import { expect, test } from "vitest";
import { promptServers, startCrawl } from "./simulated-crawl.ts";
import { metricsUrlOf, TEST_MS } from "./worker-process.ts";

/** The value of one sample; NaN where it is not there. */
function readSample(scraped: string, sample: string): number {
  const line = scraped.split("\n").find((line) => line.startsWith(`${sample} `));
  return Number(line?.split(" ")[1]);
}

function countOutcomes(scraped: string): number {
  const samples = [...scraped.matchAll(/^switchboard_outcomes_total\{.+\} (\d+)$/gm)];
  return samples.reduce((sum, [, count]) => sum + Number(count), 0);
}

test("a worker's metrics are the sweep it did, on loopback, until it stops", { timeout: TEST_MS }, async () => {
  const { store, names, startWorker } = await startCrawl(null, promptServers(60));
  const worker = startWorker({ SWITCHBOARD_METRICS_PORT: "0" });
  await worker.untilProbed(names.length);
  const url = metricsUrlOf(worker.log());
  let scraped = "";
  // The directory has a record a moment before the worker has counted it.
  const isCounted = async () => {
    scraped = await (await fetch(url)).text();
    return countOutcomes(scraped) >= names.length;
  };
  await worker.until(isCounted);

  const { reasons } = await store.readStats();
  expect(readSample(scraped, 'switchboard_outcomes_total{kind="document",reason="none"}')).toBe(
    names.filter(({ truth }) => truth?.kind === "document").length,
  );
  expect(reasons.length).toBeGreaterThan(0);
  for (const { kind, reason, count } of reasons) {
    expect(readSample(scraped, `switchboard_outcomes_total{kind="${kind}",reason="${reason}"}`)).toBe(count);
  }
  expect(countOutcomes(scraped)).toBe(names.length);
  expect(readSample(scraped, "switchboard_probes_in_flight")).toBe(0);
  expect(readSample(scraped, "switchboard_backlog_hostnames")).toBe(0);
  expect(readSample(scraped, "switchboard_backlog_oldest_seconds")).toBe(0);
  expect(readSample(scraped, "switchboard_queue_tickets")).toBeGreaterThanOrEqual(0);
  expect(readSample(scraped, "switchboard_discarded_records_total")).toBe(0);
  expect(readSample(scraped, "nodejs_eventloop_lag_p99_seconds")).toBeGreaterThan(0);
  for (const { hostname } of names) expect(scraped).not.toContain(hostname);

  const { headers } = await fetch(url, { method: "HEAD" });
  expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect((await fetch(url, { method: "POST" })).status).toBe(405);
  expect((await fetch(new URL("/", url))).status).toBe(404);
  expect((await worker.end("SIGTERM")).code).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
});
