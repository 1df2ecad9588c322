import type { Crawler, Probe } from "@switchboard/crawl";
import { createCrawlMetrics, createRegistry } from "@switchboard/metrics";
import { buildFetchReport } from "@switchboard/testkit";
import { expect, test, vi } from "vitest";
import { measureCrawler, measureProbe } from "./measure-crawl.ts";

const HOSTNAME = "example.org" as never;
const going = new AbortController().signal;

function setUp() {
  const registry = createRegistry();
  const metrics = createCrawlMetrics({
    registry,
    inFlight: () => 3,
    allowed: () => 64,
    hasOutage: () => true,
    countTickets: async () => 0,
    log: { warn: vi.fn() },
  });
  const scrape = async () => (await registry.metrics()).split("\n").filter((line) => line.startsWith("switchboard_"));
  return { metrics, scrape };
}

test("a probe's duration is the one it reports", async () => {
  const { metrics, scrape } = setUp();
  const report = buildFetchReport({
    report: { timing: { totalMs: 120, dnsMs: null, connectMs: null, firstByteMs: null } },
  });
  const probe: Probe = async () => report;
  expect(await measureProbe(probe, metrics)(HOSTNAME, null, going)).toBe(report);
  const lines = await scrape();
  expect(lines).toContain("switchboard_probes_in_flight 3");
  expect(lines).toContain("switchboard_own_outage 1");
  expect(lines).toContain('switchboard_probe_duration_seconds_sum{end="response"} 0.12');
  expect(lines).toContain('switchboard_probe_duration_seconds_bucket{le="0.1",end="response"} 0');
  expect(lines).toContain('switchboard_probe_duration_seconds_bucket{le="0.25",end="response"} 1');
});

test("a probe that was stopped has no duration", async () => {
  const { metrics, scrape } = setUp();
  const stopped = new Error("stopped");
  const probe: Probe = () => Promise.reject(stopped);
  await expect(measureProbe(probe, metrics)(HOSTNAME, null, going)).rejects.toBe(stopped);
  const lines = await scrape();
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
    hasOutage: () => false,
    async runBatch({ onRecorded, onOptedOut }) {
      for (const probe of probes) onRecorded?.(probe);
      onOptedOut?.("dns");
      return { claimed: 5, recorded: probes, discarded: 2, handedBack: 0, deferred: 4, optedOut: 1, failed: 0 };
    },
  };
  const measured = measureCrawler(crawler, metrics);
  const onRecorded = vi.fn();
  const onOptedOut = vi.fn();
  const batch = await measured.runBatch({ signal: going, onRecorded, onOptedOut });
  expect(batch).toMatchObject({ claimed: 5, discarded: 2 });
  expect(onOptedOut.mock.calls).toEqual([["dns"]]);
  expect(onRecorded.mock.calls).toEqual(probes.map((probe) => [probe]));
  expect(measured.inFlight()).toBe(3);
  const lines = await scrape();
  expect(lines).toContain('switchboard_outcomes_total{kind="document",reason="none"} 1');
  expect(lines).toContain('switchboard_outcomes_total{kind="unreachable",reason="timeout"} 2');
  expect(lines).toContain('switchboard_opt_outs_total{way="dns"} 1');
  expect(lines).toContain("switchboard_discarded_records_total 2");
  expect(lines).toContain("switchboard_deferred_probes_total 4");
});
