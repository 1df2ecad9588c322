import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBenchDirectory } from "../bench-directory.ts";
import { readCpuMs } from "../process-usage.ts";
import { startBenchFederation } from "./bench-federation.ts";
import { benchNames } from "./bench-names.ts";
import { startBenchWorker } from "./bench-worker.ts";
import type { CrawlPart } from "./crawl-part.ts";
import { measureCurl, measureUndiciLoop, type PeerTask } from "./peers.ts";
import { addNames, expectAnswers, measureSweep, median } from "./sweep.ts";

const NAMES = 10_000;
/** A worker runs for months: what its first names cost in compilation is nobody's, the loop's neither. */
const WARM_UP_PART = 0.2;
/** The worker's own default. */
const IN_FLIGHT = 500;
const IDLE_MS = 2_000;

type Round = {
  readonly worker: number;
  readonly again: number;
  readonly idle: number;
  readonly loop: number;
  readonly curl: number;
  readonly postgres: number;
};

/**
 * Client CPU per name over healthy TLS names: the whole worker, from ticket to commit, against a loop that only fetches and
 * against curl, in interleaved rounds.
 */
export const measureCpu: CrawlPart = async ({ names, rounds, out, signal }) => {
  const count = names ?? NAMES;
  const warmUp = Math.ceil(count * WARM_UP_PART);
  const federation = await startBenchFederation({ healthy: warmUp + count, dead: 0, signal });
  const folder = await mkdtemp(join(tmpdir(), "switchboard-bench-peers-"));
  const task: PeerTask = {
    federation,
    warmUpNames: benchNames("healthy", warmUp),
    names: benchNames("healthy", count, warmUp),
    inFlight: IN_FLIGHT,
    folder,
    signal,
  };
  const measured: Round[] = [];
  try {
    for (let round = 1; round <= rounds; round += 1) {
      out.progress(`cpu, round ${round} of ${rounds}: the worker, twice over ${count} names`);
      const worker = await measureWorker(task);
      out.progress(`cpu, round ${round} of ${rounds}: the loop of undici requests`);
      const loop = (await measureUndiciLoop(task)) / count;
      out.progress(`cpu, round ${round} of ${rounds}: curl`);
      const curl = (await measureCurl(task)) / count;
      measured.push({ ...worker, loop, curl });
    }
  } finally {
    await federation.stop();
    await rm(folder, { recursive: true, force: true });
  }
  const mid = (of: (round: Round) => number) => median(measured.map(of));
  const tell = (name: string, what: string, value: number) =>
    out.measured({ name, what, value, unit: "ms", target: null });
  tell(
    "cpu-worker",
    "worker, CPU per name, first visit",
    mid(({ worker }) => worker),
  );
  tell(
    "cpu-worker-again",
    "worker, CPU per name, second visit",
    mid(({ again }) => again),
  );
  tell(
    "cpu-undici-loop",
    "loop of undici requests, CPU per name",
    mid(({ loop }) => loop),
  );
  tell(
    "cpu-curl",
    "curl --parallel, CPU per name",
    mid(({ curl }) => curl),
  );
  tell(
    "cpu-postgres",
    "Postgres, CPU per name, first visit",
    mid(({ postgres }) => postgres),
  );
  tell(
    "cpu-worker-idle",
    "idle worker, CPU per second",
    mid(({ idle }) => idle),
  );
  const verdicts = [
    out.measured({
      name: "cpu-to-undici-loop",
      what: "worker : loop of undici requests, median of rounds",
      value: mid(({ worker, loop }) => worker / loop),
      unit: "x",
      target: { atMost: 1.15 },
    }),
    out.measured({
      name: "cpu-to-curl",
      what: "worker : curl --parallel, median of rounds",
      value: mid(({ worker, curl }) => worker / curl),
      unit: "x",
      target: { atMost: 0.75 },
    }),
  ];
  return verdicts.every(Boolean);
};

async function measureWorker({ federation, warmUpNames, names, signal }: PeerTask) {
  const directory = await openBenchDirectory();
  try {
    const worker = await startBenchWorker({
      databaseUrl: directory.databaseUrl,
      redisUrl: null,
      federation,
      signal,
    });
    try {
      const sweep = (begin: () => Promise<unknown>) => measureSweep({ directory, workers: [worker], begin, signal });
      await sweep(() => addNames(directory.store, warmUpNames));
      const idleFrom = await readCpuMs(worker.pid);
      await sleep(IDLE_MS, undefined, { signal });
      const idle = ((await readCpuMs(worker.pid)) - idleFrom) / (IDLE_MS / 1_000);
      const first = await sweep(() => addNames(directory.store, names));
      const all = warmUpNames.length + names.length;
      await expectAnswers(directory.store, { answered: all });
      const second = await sweep(() => directory.store.makeDue("all"));
      return {
        idle,
        worker: first.workersCpuMs / names.length,
        postgres: first.postgresCpuMs / names.length,
        again: second.workersCpuMs / all,
      };
    } finally {
      await worker.stop();
    }
  } finally {
    await directory.close();
  }
}
