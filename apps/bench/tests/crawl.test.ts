import { expect, test } from "vitest";
import { runBench, startBench } from "./run-bench.ts";

/** Two Postgres, a federation and a worker are started, on a machine that may have other things to do. */
const PATIENCE_MS = 120_000;

test("help names every bench and every option of the crawl's, and asks for nothing", async () => {
  const { status, stdout } = await runBench("--help");
  expect(status).toBe(0);
  for (const word of ["crawl", "--only cpu,dead,memory,workers", "--names N", "--rounds N", "--json"]) {
    expect(stdout).toContain(word);
  }
});

test.each([
  { args: ["walk"], problem: "walk: write one of crawl" },
  { args: ["crawl", "--only", "speed"], problem: "--only speed: write some of cpu,dead,memory,workers" },
  { args: ["crawl", "--names", "0"], problem: "--names 0: write a whole number from 1" },
  { args: ["crawl", "--fast"], problem: "Unknown option '--fast'" },
])("$args is not understood: one line, exit status 2", async ({ args, problem }) => {
  const { status, stdout, stderr } = await runBench(...args);
  expect(status).toBe(2);
  expect(stdout).toBe("");
  expect(stderr.trim().split("\n")).toEqual([expect.stringContaining(problem)]);
});

test(
  "a small run of the CPU part: each measure an object on a line, the targets by name, nothing left behind",
  async () => {
    const { status, stdout, stderr, left } = await runBench(
      ...["crawl", "--only", "cpu", "--names", "60", "--rounds", "1", "--json"],
    );
    expect(stderr).toContain("crawl: cpu, round 1 of 1");
    const measured = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const targets = Object.fromEntries(
      measured.filter(({ target }) => target !== null).map(({ name, target }) => [name, target]),
    );
    expect(targets).toEqual({ "cpu-to-undici-loop": { atMost: 1.15 }, "cpu-to-curl": { atMost: 0.75 } });
    for (const each of measured) expect(each).toMatchObject({ bench: "crawl", value: expect.any(Number) });
    expect(measured.find(({ name }) => name === "cpu-worker")?.value).toBeGreaterThan(0);
    // So few names do not tell whether a target is met, only that the status says what the lines say.
    expect(status).toBe(measured.every(({ met }) => met !== false) ? 0 : 1);
    expect(left).toEqual([]);
  },
  PATIENCE_MS,
);

test(
  "a run that is told to stop ends its processes and removes its folders",
  async () => {
    const bench = await startBench("crawl", "--only", "memory", "--names", "2000");
    await bench.begun;
    bench.interrupt();
    const { status, left } = await bench.end();
    expect(status).toBe(130);
    expect(left).toEqual([]);
  },
  PATIENCE_MS,
);
