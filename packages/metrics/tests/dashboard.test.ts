import { readFile } from "node:fs/promises";
import { beforeAll, expect, test, vi } from "vitest";
import {
  addBacklog,
  addCanary,
  createCrawlMetrics,
  createDiscoveryMetrics,
  createRegistry,
  createRequestMetrics,
} from "../src/index.ts";

const read = (path: string) => readFile(new URL(`../../../${path}`, import.meta.url), "utf8");
const METRIC = /\b(?:switchboard|nodejs|process)_\w+/g;

/** What every scrape adds (Prometheus' own labels). */
const TARGET_LABELS = ["job", "instance"];

/** What the api and a worker expose together, and what of it is a histogram. */
let exposed: ReadonlyMap<string, string>;
/** The labels of each. */
let labelled: ReadonlyMap<string, ReadonlySet<string>>;
let dashboard: string;
beforeAll(async () => {
  const registry = createRegistry();
  const log = { warn: vi.fn() };
  addBacklog({ registry, store: { countDue: async () => 0, nextDueAt: async () => null }, clock: () => 0, log });
  addCanary({ registry, read: async () => ({ ageMs: 0, isLate: false }), log });
  const crawl = createCrawlMetrics({
    registry,
    inFlight: () => 0,
    allowed: () => 0,
    hasOutage: () => false,
    countTickets: async () => 0,
    log,
  });
  const discovery = createDiscoveryMetrics({ registry, inFlight: () => 0, countDue: async () => 0, log });
  const countRequest = createRequestMetrics(registry);
  // A label is known when something was counted under it.
  crawl.countOutcome({ kind: "absent", reason: null });
  crawl.observeProbe({ end: "response", durationMs: 1 });
  crawl.countOptOut("dns");
  discovery.countDiscovery(null);
  countRequest({ method: "GET", route: null, status: 404, durationMs: 1 });
  const metrics = await registry.getMetricsAsJSON();
  exposed = new Map(metrics.map(({ name, type }) => [name, String(type)]));
  labelled = new Map(
    metrics.map(({ name, values }) => [name, new Set(values.flatMap(({ labels }) => Object.keys(labels)))]),
  );
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

/** The expressions that operators are told to alert on. */
async function alerts(): Promise<string[]> {
  const cells = [...(await read("docs/operation.md")).matchAll(/^\| `([^`]+)`[^|]* \|/gm)].map(([, cell = ""]) => cell);
  return cells.filter((cell) => /[()<>=]/.test(cell) && metricsIn(cell).size > 0);
}

/** The labels that an expression tells apart, or picks by. */
function labelsIn(expression: string): string[] {
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(/, */));
  const picked = [...expression.matchAll(/(\w+) *(?:=~|!~|!=|=) *"/g)].map(([, label = ""]) => label);
  return [...grouped, ...picked];
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

test("every label that a query or an alert reads is one of its metrics' own", async () => {
  const expressions = [...queries(), ...(await alerts())];
  expect(expressions.flatMap(labelsIn).length).toBeGreaterThan(20);
  expect((await alerts()).length).toBeGreaterThan(5);
  const unknown = expressions.flatMap((expression) => {
    const known = new Set([...metricsIn(expression)].flatMap((name) => [...(labelled.get(name) ?? [])]));
    return labelsIn(expression)
      .filter((label) => !known.has(label) && !TARGET_LABELS.includes(label))
      .map((label) => `${label} in ${expression}`);
  });
  expect(unknown).toEqual([]);
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
