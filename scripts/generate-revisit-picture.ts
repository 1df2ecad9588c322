// Writes docs/revisit-intervals.svg from the revisit policy; with --check only says whether the file is up to date.
import { readFile, writeFile } from "node:fs/promises";
import { DAY_MS, HOUR_MS, type Instant, toInstant } from "../packages/domain/src/instant.ts";
import { nextDueAt, nextIntervalMs, REVISIT_POLICY } from "../packages/domain/src/revisit-policy.ts";

const PICTURE = new URL("../docs/revisit-intervals.svg", import.meta.url);

/** The shortest and the longest time until the next visit, by jitter. */
type Range = { readonly leastMs: number; readonly mostMs: number };

const VISITS = 20;
const START = toInstant(0);
const POLICY = REVISIT_POLICY;
const SILENT_HEADERS = { freshForMs: null, retryAfterMs: null };
const [LEAST_JITTER, MEAN_JITTER, MOST_JITTER] = [0, 0.5, 1 - Number.EPSILON];

function rangeOf(dueAt: (jitter: number) => Instant, now: Instant): Range {
  return { leastMs: dueAt(LEAST_JITTER) - now, mostMs: dueAt(MOST_JITTER) - now };
}

/** A server that answers the same each time. */
function settledRanges(): Range[] {
  let intervalMs = nextIntervalMs(null, "changed", POLICY);
  return Array.from({ length: VISITS }, () => {
    const settled = { situation: "settled", now: START, intervalMs, ...SILENT_HEADERS } as const;
    intervalMs = nextIntervalMs(intervalMs, "unchanged", POLICY);
    return rangeOf((jitter) => nextDueAt({ ...settled, jitter }, POLICY), START);
  });
}

/** A server that fails each time; as far as later visits depend on earlier ones, these came in the mean of their time. */
function failingRanges(): Range[] {
  let now = START;
  return Array.from({ length: VISITS }, (_, n) => {
    const visitedAt = now;
    const dueAt = (jitter: number) =>
      nextDueAt(
        { situation: "failing", now: visitedAt, jitter, failureCount: n + 1, failingSince: START, ...SILENT_HEADERS },
        POLICY,
      );
    now = dueAt(MEAN_JITTER);
    return rangeOf(dueAt, visitedAt);
  });
}

/** A server whose document is gone, not yet confirmed. */
function absentRange(): Range {
  const absent = { situation: "absence-unconfirmed", now: START, absentSince: START, ...SILENT_HEADERS } as const;
  return rangeOf((jitter) => nextDueAt({ ...absent, jitter }, POLICY), START);
}

const [WIDTH, HEIGHT] = [760, 430];
const PLOT = { left: 64, right: WIDTH - 20, top: 20, bottom: HEIGHT - 84 };
const TICKS: readonly (readonly [number, string])[] = [
  [HOUR_MS, "1 h"],
  [2 * HOUR_MS, "2 h"],
  [6 * HOUR_MS, "6 h"],
  [12 * HOUR_MS, "12 h"],
  [DAY_MS, "1 d"],
  [2 * DAY_MS, "2 d"],
  [7 * DAY_MS, "7 d"],
  [30 * DAY_MS, "30 d"],
];
const [LOWEST, HIGHEST] = [0.8 * HOUR_MS, 40 * DAY_MS];

const x = (visit: number) => PLOT.left + ((visit - 0.5) / VISITS) * (PLOT.right - PLOT.left);
const y = (ms: number) => PLOT.bottom - (Math.log(ms / LOWEST) / Math.log(HIGHEST / LOWEST)) * (PLOT.bottom - PLOT.top);
const round = (value: number) => Math.round(value * 10) / 10;

function drawBars(className: string, ranges: readonly Range[], offset: number): string[] {
  return ranges.map(({ leastMs, mostMs }, n) => {
    const top = y(mostMs);
    const height = Math.max(3, y(leastMs) - top);
    return `<rect class="${className}" x="${round(x(n + 1) + offset)}" y="${round(top)}" width="11" height="${round(height)}" rx="2"/>`;
  });
}

function drawAxes(): string[] {
  const lines = TICKS.flatMap(([ms, label]) => [
    `<line class="grid" x1="${PLOT.left}" x2="${PLOT.right}" y1="${round(y(ms))}" y2="${round(y(ms))}"/>`,
    `<text x="${PLOT.left - 8}" y="${round(y(ms) + 4)}" text-anchor="end">${label}</text>`,
  ]);
  const visits = Array.from(
    { length: VISITS },
    (_, n) => `<text x="${round(x(n + 1))}" y="${PLOT.bottom + 18}" text-anchor="middle">${n + 1}</text>`,
  );
  const middle = (PLOT.left + PLOT.right) / 2;
  return [
    ...lines,
    ...visits,
    `<text x="${middle}" y="${PLOT.bottom + 38}" text-anchor="middle">visits in a row that ended alike</text>`,
  ];
}

function drawBound(ms: number, label: string): string[] {
  return [
    `<line class="bound" x1="${PLOT.left}" x2="${PLOT.right}" y1="${round(y(ms))}" y2="${round(y(ms))}"/>`,
    `<text x="${PLOT.right - 4}" y="${round(y(ms) - 5)}" text-anchor="end">${label}</text>`,
  ];
}

function drawLegend(): string[] {
  const entries = [
    ["settled", "answers, nothing new"],
    ["absent", "document gone, not yet believed"],
    ["failing", "fails: anywhere in the bar"],
  ] as const;
  return entries.flatMap(([className, label], n) => [
    `<rect class="${className}" x="${PLOT.left + n * 240}" y="${HEIGHT - 26}" width="11" height="11" rx="2"/>`,
    `<text x="${PLOT.left + 17 + n * 240}" y="${HEIGHT - 16}">${label}</text>`,
  ]);
}

function drawPicture(): string {
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Time until the next visit, by how often in a row visits ended alike">`,
    "<style>",
    "text { font: 12px system-ui, sans-serif; fill: #1f2328 }",
    ".grid { stroke: #8c959f; stroke-opacity: 0.35 } .bound { stroke: #8c959f; stroke-dasharray: 5 4; stroke-width: 1.5 }",
    ".settled { fill: #0969da } .failing { fill: #bc4c00; fill-opacity: 0.75 } .absent { fill: #8250df }",
    "@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .settled { fill: #4493f8 } .failing { fill: #f0883e } .absent { fill: #ab7df8 } }",
    "</style>",
    ...drawAxes(),
    ...drawBars("failing", failingRanges(), 2),
    ...drawBars("settled", settledRanges(), -12),
    ...drawBars("absent", [absentRange()], -5),
    `<text x="${PLOT.right - 4}" y="${round(y(POLICY.deadMs) - 5)}" text-anchor="end">has failed for a month</text>`,
    ...drawBound(POLICY.floorMs, "never sooner"),
    ...drawBound(POLICY.capMs, "never later, as long as it answers or has not been dead for long"),
    ...drawLegend(),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

const picture = drawPicture();
if (process.argv.includes("--check")) {
  const present = await readFile(PICTURE, "utf8").catch(() => "");
  if (present !== picture) {
    console.error("docs/revisit-intervals.svg is out of date: run `npm run generate`");
    process.exitCode = 1;
  }
} else {
  await writeFile(PICTURE, picture);
  console.log("wrote docs/revisit-intervals.svg");
}
