import { openBenchDirectory } from "../bench-directory.ts";
import { startBenchFederation } from "./bench-federation.ts";
import { benchNames } from "./bench-names.ts";
import { startBenchWorker } from "./bench-worker.ts";
import type { CrawlPart } from "./crawl-part.ts";
import { addNames, expectAnswers, measureSweep } from "./sweep.ts";

const NAMES = 50_000;
const DEAD_PART = 0.6;
/** The worker's own defaults. */
const IN_FLIGHT = 500;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Wall time where most names never answer: no better than the dead waiting for their time-outs, as many at once as may be
 * in flight, and it should not be much worse: the living are probed meanwhile.
 */
export const measureDead: CrawlPart = async ({ names, out, signal }) => {
  const count = names ?? NAMES;
  const dead = Math.round(count * DEAD_PART);
  const healthy = count - dead;
  const leastMs = Math.ceil(dead / IN_FLIGHT) * CONNECT_TIMEOUT_MS;
  out.progress(`dead: ${count} names, ${dead} of which never answer: ${Math.round(leastMs / 1_000)} s at least`);
  const federation = await startBenchFederation({ healthy, dead, signal });
  const directory = await openBenchDirectory();
  try {
    const worker = await startBenchWorker({
      databaseUrl: directory.databaseUrl,
      redisUrl: null,
      federation,
      // All the simulated dead share one address, which in the world they do not.
      settings: { SWITCHBOARD_PER_ADDRESS_IN_FLIGHT: "0", SWITCHBOARD_PER_ADDRESS_PER_SECOND: "0" },
      signal,
    });
    try {
      const sweep = await measureSweep({
        directory,
        workers: [worker],
        begin: () => addNames(directory.store, interleave(benchNames("dead", dead), benchNames("healthy", healthy))),
        signal,
      });
      await expectAnswers(directory.store, { answered: healthy });
      out.measured({
        name: "dead-cpu",
        what: "worker, CPU per name where 60 % never answer",
        value: sweep.workersCpuMs / count,
        unit: "ms",
        target: null,
      });
      out.measured({ name: "dead-wall", what: "wall time", value: sweep.wallMs / 1_000, unit: "s", target: null });
      return out.measured({
        name: "dead-wall-to-least",
        what: "wall time : dead x connect time-out / in flight",
        value: sweep.wallMs / leastMs,
        unit: "x",
        target: { atMost: 1.25 },
      });
    } finally {
      await worker.stop();
    }
  } finally {
    await directory.close();
    await federation.stop();
  }
};

/** Both lists mixed evenly, each in its order: the dead are everywhere, as they are in the world. */
function interleave(one: readonly string[], other: readonly string[]): string[] {
  const place = (list: readonly string[]) => list.map((name, n) => ({ name, at: (n + 0.5) / list.length }));
  return [...place(one), ...place(other)].toSorted((a, b) => a.at - b.at).map(({ name }) => name);
}
