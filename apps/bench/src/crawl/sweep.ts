import { setTimeout as sleep } from "node:timers/promises";
import type { Store } from "@switchboard/store";
import type { BenchDirectory } from "../bench-directory.ts";
import { readCpuMs, readTreeCpuMs } from "../process-usage.ts";
import type { Program } from "../start-program.ts";
import { toServerNames } from "./bench-names.ts";

/** What one sweep took. CPU is user and system time, from the moment the names are made due to the last one recorded. */
export type SweepCost = {
  readonly wallMs: number;
  /** Of all workers. */
  readonly workersCpuMs: number;
  /** Of the whole of Postgres. */
  readonly postgresCpuMs: number;
};

const LOOK_EVERY_MS = 100;
/** Longer than any lease, shorter than any revisit: what can be claimed later than this is done for now. */
const DONE_FOR_MS = 10 * 60_000;
/** The store takes no more at once. */
const NAMES_AT_ONCE = 10_000;

/** Makes names due by `begin`, waits until the workers have drained them, and tells what it took. */
export async function measureSweep(options: {
  readonly directory: BenchDirectory;
  readonly workers: readonly Program[];
  readonly begin: () => Promise<unknown>;
  readonly signal: AbortSignal;
}): Promise<SweepCost> {
  const { directory, workers, begin, signal } = options;
  const readCpu = async () => ({
    workers: sum(await Promise.all(workers.map(({ pid }) => readCpuMs(pid)))),
    postgres: await readTreeCpuMs(directory.postmasterPid),
  });
  const before = await readCpu();
  const begun = performance.now();
  await begin();
  await untilDrained(directory.store, workers, signal);
  const wallMs = performance.now() - begun;
  const after = await readCpu();
  return {
    wallMs,
    workersCpuMs: after.workers - before.workers,
    postgresCpuMs: after.postgres - before.postgres,
  };
}

/** Puts names into the directory, due now. */
export async function addNames(store: Store, names: readonly string[]): Promise<void> {
  const parsed = toServerNames(names);
  for (let from = 0; from < parsed.length; from += NAMES_AT_ONCE) {
    await store.addCandidates({ names: parsed.slice(from, from + NAMES_AT_ONCE), source: "bench", due: "now" });
  }
}

async function untilDrained(store: Store, workers: readonly Program[], signal: AbortSignal): Promise<void> {
  for (;;) {
    for (const worker of workers) worker.expectWell();
    const next = await store.nextDueAt();
    if (next === null || next - Date.now() > DONE_FOR_MS) return;
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
}

/**
 * Throws where not nearly all hostnames came to what they must: then nothing that was measured means anything. A busy
 * machine may cost a few answers.
 */
export async function expectAnswers(store: Store, { answered }: { readonly answered: number }): Promise<void> {
  const { outcomes, unprobed } = await store.readStats();
  const found = outcomes.document + outcomes.absent;
  if (unprobed === 0 && found <= answered && found >= 0.99 * answered) return;
  throw new Error(
    `of ${answered} servers that answer ${found} did, ${unprobed} were not probed: is the machine too busy?`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The middle value, of an even number the larger of the two. Throws where there is none. */
export function median(values: readonly number[]): number {
  const middle = values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}
