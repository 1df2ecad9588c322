import { openBenchDirectory } from "../bench-directory.ts";
import { readPeakMemoryMib } from "../process-usage.ts";
import { startBenchFederation } from "./bench-federation.ts";
import { benchNames } from "./bench-names.ts";
import { startBenchWorker } from "./bench-worker.ts";
import type { CrawlPart } from "./crawl-part.ts";
import { addNames, expectAnswers, measureSweep } from "./sweep.ts";

const NAMES = 200_000;
/** The part of the names after which memory must have stopped growing. */
const EARLY_PART = 0.05;
/** What is called flat: the allocator and the collector have their own small ups and downs. */
const FLAT = 1.15;

/** The peak memory of one worker, early in a sweep and at its end: nothing may be kept for a name that is done. */
export const measureMemory: CrawlPart = async ({ names, out, signal }) => {
  const count = names ?? NAMES;
  const early = Math.ceil(count * EARLY_PART);
  const federation = await startBenchFederation({ healthy: count, dead: 0, signal });
  const directory = await openBenchDirectory();
  try {
    const worker = await startBenchWorker({
      databaseUrl: directory.databaseUrl,
      redisUrl: null,
      federation,
      signal,
    });
    try {
      const sweep = (from: number, to: number) =>
        measureSweep({
          directory,
          workers: [worker],
          begin: () => addNames(directory.store, benchNames("healthy", to - from, from)),
          signal,
        });
      out.progress(`memory: the first ${early} names`);
      await sweep(0, early);
      const earlyMib = await readPeakMemoryMib(worker.pid);
      out.progress(`memory: up to ${count} names`);
      await sweep(early, count);
      const lateMib = await readPeakMemoryMib(worker.pid);
      await expectAnswers(directory.store, { answered: count });
      out.measured({
        name: "memory-early",
        what: `worker, peak memory after ${early} names`,
        value: earlyMib,
        unit: "MiB",
        target: null,
      });
      const verdicts = [
        out.measured({
          name: "memory-late",
          what: `worker, peak memory after ${count} names`,
          value: lateMib,
          unit: "MiB",
          target: { atMost: 300 },
        }),
        out.measured({
          name: "memory-growth",
          what: "the latter : the former",
          value: lateMib / earlyMib,
          unit: "x",
          target: { atMost: FLAT },
        }),
      ];
      return verdicts.every(Boolean);
    } finally {
      await worker.stop();
    }
  } finally {
    await directory.close();
    await federation.stop();
  }
};
