import { redisForTests } from "@switchboard/testkit";
import { openBenchDirectory } from "../bench-directory.ts";
import type { Program } from "../start-program.ts";
import { type BenchFederation, startBenchFederation } from "./bench-federation.ts";
import { benchNames } from "./bench-names.ts";
import { startBenchWorker } from "./bench-worker.ts";
import type { CrawlPart } from "./crawl-part.ts";
import { addNames, expectAnswers, measureSweep, median } from "./sweep.ts";

const NAMES = 10_000;
const WORKERS = [1, 2, 4] as const;
const WARM_UP_PART = 0.2;

/** CPU per name with one, two and four workers on one Redis: each that is added must not make the others dearer. */
export const measureWorkers: CrawlPart = async ({ names, rounds, out, signal }) => {
  const redis = await redisForTests();
  if (redis === null) {
    out.progress("workers: NOT MEASURED: there is no redis-server here; install one, or take another part by --only");
    return false;
  }
  const count = names ?? NAMES;
  const warmUp = Math.ceil(count * WARM_UP_PART);
  const costs = new Map<number, number[]>(WORKERS.map((workers) => [workers, []]));
  const federation = await startBenchFederation({ healthy: warmUp * Math.max(...WORKERS) + count, dead: 0, signal });
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const workers of WORKERS) {
        out.progress(`workers, round ${round} of ${rounds}: ${workers}`);
        const cost = await sweepWith({ workers, federation, redisUrl: redis.url, count, warmUp, signal });
        costs.get(workers)?.push(cost);
      }
    }
  } finally {
    await federation.stop();
    await redis.stop();
  }
  const perName = WORKERS.map((workers) => ({ workers, cpuMs: median(costs.get(workers) ?? []) }));
  for (const { workers, cpuMs } of perName) {
    out.measured({
      name: `workers-${workers}`,
      what: `${workers} on Redis, CPU of all workers per name`,
      value: cpuMs,
      unit: "ms",
      target: null,
    });
  }
  const alone = perName[0]?.cpuMs ?? Number.NaN;
  const verdicts = perName.slice(1).map(({ workers, cpuMs }) =>
    out.measured({
      name: `workers-${workers}-to-1`,
      what: `${workers} workers : 1 worker, CPU per name`,
      value: cpuMs / alone,
      unit: "x",
      target: { atMost: 1.25 },
    }),
  );
  return verdicts.every(Boolean);
};

async function sweepWith(options: {
  readonly workers: number;
  readonly federation: BenchFederation;
  readonly redisUrl: string;
  readonly count: number;
  readonly warmUp: number;
  readonly signal: AbortSignal;
}): Promise<number> {
  const { federation, redisUrl, count, warmUp, signal } = options;
  const directory = await openBenchDirectory();
  const workers: Program[] = [];
  try {
    for (let n = 0; n < options.workers; n += 1) {
      const { databaseUrl } = directory;
      workers.push(await startBenchWorker({ databaseUrl, redisUrl, federation, signal }));
    }
    // Each warms up on its share.
    const warmUps = warmUp * workers.length;
    const sweep = (begin: () => Promise<unknown>) => measureSweep({ directory, workers, begin, signal });
    await sweep(() => addNames(directory.store, benchNames("healthy", warmUps)));
    const { workersCpuMs } = await sweep(() => addNames(directory.store, benchNames("healthy", count, warmUps)));
    await expectAnswers(directory.store, { answered: warmUps + count });
    return workersCpuMs / count;
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await directory.close();
  }
}
