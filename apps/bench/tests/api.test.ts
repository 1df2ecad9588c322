import { expect, test } from "vitest";
import { runBench, startBench } from "./run-bench.ts";

/** A Postgres is started and filled, on a machine that may have other things to do. */
const PATIENCE_MS = 120_000;

const SMALL = ["--names", "40", "--seconds", "1", "--rounds", "1", "--connections", "8"];
const TARGETS = {
  "listing-to-bare": { atLeast: 1.3 },
  "304-to-listing": { atLeast: 1 },
  "stale-answers": { atMost: 0 },
};

test(
  "a small run of the api bench: both answer the same, none of the answers is stale, nothing is left behind",
  async () => {
    const { status, stdout, stderr, left } = await runBench("api", ...SMALL, "--json");
    expect(stderr).toContain("api: round 1 of 1");
    const measured = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const targets = measured.flatMap(({ name, target }) => (target === null ? [] : [[name, target]]));
    expect(Object.fromEntries(targets)).toEqual(TARGETS);
    expect(measured.find(({ name }) => name === "stale-answers")).toMatchObject({ value: 0, met: true });
    for (const kind of ["bare", "listing", "304"]) {
      expect(measured.find(({ name }) => name === `${kind}-per-second`)?.value).toBeGreaterThan(0);
    }
    // A second on a busy machine does not tell how fast anything is, only that the status says what the lines say.
    expect(status).toBe(measured.every(({ met }) => met !== false) ? 0 : 1);
    expect(left).toEqual([]);
  },
  PATIENCE_MS,
);

test("an option that is not understood is one line, exit status 2", async () => {
  const { status, stdout, stderr } = await runBench("api", "--rounds", "0");
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr.trim()).toBe("bench: --rounds 0: write a whole number from 1");
});

test(
  "a run that is told to stop ends what it started and removes its folder",
  async () => {
    const bench = await startBench("api", ...SMALL);
    await bench.begun;
    bench.interrupt();
    const { status, left } = await bench.end();
    expect(status).toBe(130);
    expect(left).toEqual([]);
  },
  PATIENCE_MS,
);
