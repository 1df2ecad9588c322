import { expect, test } from "vitest";
import { runBench, startBench } from "./run-bench.ts";

/** A Postgres is started and filled, on a machine that may have other things to do. */
const PATIENCE_MS = 120_000;

const MEASURED = {
  "listing-p99": { atMost: 10 },
  "search-substring-p95": { atMost: 50 },
  "search-stale-by-change-p95": { atMost: 50 },
  "due-count-p95": { atMost: 250 },
  "stats-p95": { atMost: 250 },
  "claim-p95": { atMost: 25 },
  growth: { atMost: 1.1 },
};

test(
  "a small run of the scale bench: each measure an object on a line, the targets by name, nothing left behind",
  async () => {
    const { status, stdout, stderr, left } = await runBench("scale", "--servers", "3000", "--sweeps", "2", "--json");
    expect(stderr).toContain("scale: sweep 2 of 2");
    const measured = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const targets = Object.fromEntries(measured.map(({ name, target }) => [name, target]));
    expect(targets).toMatchObject(MEASURED);
    for (const each of measured) {
      expect(each).toMatchObject({
        bench: "scale",
        value: expect.any(Number),
        unit: expect.stringMatching(/^(ms|x)$/),
      });
      expect(each.value).toBeGreaterThan(0);
    }
    expect(measured.find(({ name }) => name === "growth")?.value).toBeLessThan(1.1);
    // So few servers on a busy machine do not tell whether a target is met, only that the status says what the lines say.
    expect(status).toBe(measured.every(({ met }) => met !== false) ? 0 : 1);
    expect(left).toEqual([]);
  },
  PATIENCE_MS,
);

test.each([
  { args: ["--servers", "none"], problem: "--servers none: write a whole number from 1" },
  { args: ["--sweeps", "0"], problem: "--sweeps 0: write a whole number from 1" },
])("$args is not understood: one line, exit status 2", async ({ args, problem }) => {
  const { status, stdout, stderr } = await runBench("scale", ...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(problem)]);
});

test(
  "a run that is told to stop while it fills the directory stops Postgres and removes its folder",
  async () => {
    const bench = await startBench("scale", "--servers", "200000");
    await bench.begun;
    bench.interrupt();
    const { status, left } = await bench.end();
    expect(status).toBe(130);
    expect(left).toEqual([]);
  },
  PATIENCE_MS,
);
