import { readFile } from "node:fs/promises";
import { beforeAll, expect, test, vi } from "vitest";
import {
  addBacklog,
  addCanaryAge,
  createCrawlMetrics,
  createDiscoveryMetrics,
  createRegistry,
  createRequestMetrics,
} from "../src/index.ts";

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
const METRIC = /\b(?:switchboard|nodejs|process)_\w+/g;

/** What the api and a worker expose together, and what of it is a histogram. */
let exposed: ReadonlyMap<string, string>;
let dashboard: string;
beforeAll(async () => {
  const registry = createRegistry();
  const log = { warn: vi.fn() };
  addBacklog({ registry, store: { countDue: async () => 0, nextDueAt: async () => null }, clock: () => 0, log });
  addCanaryAge({ registry, readAgeMs: async () => 0, log });
  createCrawlMetrics({ registry, inFlight: () => 0, hasOutage: () => false, countTickets: async () => 0, log });
  createDiscoveryMetrics({ registry, inFlight: () => 0, countDue: async () => 0, log });
  createRequestMetrics(registry);
  const metrics = await registry.getMetricsAsJSON();
  exposed = new Map(metrics.map(({ name, type }) => [name, String(type)]));
  dashboard = await read("ops/grafana/switchboard.json");
});

/** The metrics that a text speaks of; the series of a histogram count as the histogram. */
function metricsIn(text: string): Set<string> {
  return new Set(
    [...text.matchAll(METRIC)].map(([series]) => {
      const histogram = series.replace(/_(?:bucket|sum|count)$/, "");
      return exposed.get(histogram) === "histogram" ? histogram : series;
    }),
  );
}

/** The queries of the dashboard. */
function queries(): string[] {
  const found: string[] = [];
  JSON.parse(dashboard, (key: string, value: unknown) => {
    if (key === "expr" && typeof value === "string") found.push(value);
    return value;
  });
  return found;
}

const ours = () => [...exposed.keys()].filter((name) => name.startsWith("switchboard_"));

test("every metric on the dashboard is one that is exposed", () => {
  const shown = [...metricsIn(queries().join("\n"))];
  expect(shown.length).toBeGreaterThan(0);
  expect(shown.filter((name) => !exposed.has(name))).toEqual([]);
});

test("every query reads a metric", () => {
  expect(queries().filter((query) => metricsIn(query).size === 0)).toEqual([]);
});

test("every metric of ours is on the dashboard", () => {
  const shown = metricsIn(queries().join("\n"));
  expect(ours().filter((name) => !shown.has(name))).toEqual([]);
});

test("every metric of ours is explained to operators, and none that does not exist", async () => {
  const explained = metricsIn(await read("docs/operation.md"));
  expect(ours().filter((name) => !explained.has(name))).toEqual([]);
  expect([...explained].filter((name) => !exposed.has(name))).toEqual([]);
});
