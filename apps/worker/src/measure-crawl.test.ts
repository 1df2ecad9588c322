import type { Crawler, Probe } from "@switchboard/crawl";
import { createCrawlMetrics, createRegistry } from "@switchboard/metrics";
import { buildFetchReport } from "@switchboard/testkit";
import { expect, test, vi } from "vitest";
import { measureCrawler, measureProbe } from "./measure-crawl.ts";

const HOSTNAME = "example.org" as never;
const going = new AbortController().signal;

function setUp() {
  const registry = createRegistry();
  const metrics = createCrawlMetrics({ registry, countTickets: async () => 0, log: { warn: vi.fn() } });
  const scrape = async () => (await registry.metrics()).split("\n").filter((line) => line.startsWith("switchboard_"));
  return { metrics, scrape };
}

test("a probe is in flight until it ends, and its duration is the one it reports", async () => {
  const { metrics, scrape } = setUp();
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const report = buildFetchReport({
    report: { timing: { totalMs: 120, dnsMs: null, connectMs: null, firstByteMs: null } },
  });
  const probe: Probe = async () => {
    await answered;
    return report;
  };
  const probing = measureProbe(probe, metrics)(HOSTNAME, null, going);
  expect(await scrape()).toContain("switchboard_probes_in_flight 1");
  answer();
  expect(await probing).toBe(report);
  const lines = await scrape();
  expect(lines).toContain("switchboard_probes_in_flight 0");
  expect(lines).toContain('switchboard_probe_duration_seconds_sum{end="response"} 0.12');
  expect(lines).toContain('switchboard_probe_duration_seconds_bucket{le="0.1",end="response"} 0');
  expect(lines).toContain('switchboard_probe_duration_seconds_bucket{le="0.25",end="response"} 1');
});

test("a probe that was stopped is in flight no more, and has no duration", async () => {
  const { metrics, scrape } = setUp();
  const stopped = new Error("stopped");
  const probe: Probe = () => Promise.reject(stopped);
  await expect(measureProbe(probe, metrics)(HOSTNAME, null, going)).rejects.toBe(stopped);
  const lines = await scrape();
  expect(lines).toContain("switchboard_probes_in_flight 0");
  expect(lines.join()).not.toContain("switchboard_probe_duration_seconds_count");
});

test("outcomes count as they are recorded, by kind and reason, and the listener hears of them too", async () => {
  const { metrics, scrape } = setUp();
  const probes = [
    { hostname: HOSTNAME, outcome: "document", reason: null, changes: 1 },
    { hostname: HOSTNAME, outcome: "unreachable", reason: "timeout", changes: 0 },
    { hostname: HOSTNAME, outcome: "unreachable", reason: "timeout", changes: 0 },
  ] as const;
  const crawler: Crawler = {
    inFlight: () => 3,
    async runBatch({ onRecorded }) {
      for (const probe of probes) onRecorded?.(probe);
      return { claimed: 5, recorded: probes, discarded: 2, handedBack: 0, failed: 0 };
    },
  };
  const measured = measureCrawler(crawler, metrics);
  const onRecorded = vi.fn();
  expect(await measured.runBatch({ signal: going, onRecorded })).toMatchObject({ claimed: 5, discarded: 2 });
  expect(onRecorded.mock.calls).toEqual(probes.map((probe) => [probe]));
  expect(measured.inFlight()).toBe(3);
  const lines = await scrape();
  expect(lines).toContain('switchboard_outcomes_total{kind="document",reason="none"} 1');
  expect(lines).toContain('switchboard_outcomes_total{kind="unreachable",reason="timeout"} 2');
  expect(lines).toContain("switchboard_discarded_records_total 2");
});
