import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { FederationReach } from "@switchboard/domain";
import { createSourceReader, type ProberOptions } from "@switchboard/probe";
import type { Logger, Stopwatch } from "@switchboard/runtime";
import { runSource, SOURCE_LEASE_MS, type SourceConfig, type SourceInput, toPatientReader } from "@switchboard/sources";
import type { Store } from "@switchboard/store";

export type SourceOptions = {
  readonly sources: readonly SourceConfig[];
  readonly store: Store;
  readonly network: ProberOptions;
  readonly reach: FederationReach;
  readonly stopwatch: Stopwatch;
  readonly log: Logger;
};

/** Between two looks for a source that is due. */
const LOOK_MS = 5_000;

/**
 * Reads the sources that are due (docs/sources.md), one after the other, until `signal` aborts. When each is due, and who
 * reads it, is a fact in Postgres: however many workers look, one reads, and what one leaves unfinished another goes on
 * with. No queue takes part, so none can lose it.
 */
export async function startSources(options: SourceOptions, signal: AbortSignal): Promise<void> {
  const { sources, store, network, log } = options;
  if (sources.length === 0) return;
  const reader = createSourceReader(network);
  const input = { reader: toPatientReader(reader), store, openFile: (path: string) => createReadStream(path) };
  let isScheduled = false;
  while (!signal.aborted) {
    try {
      if (!isScheduled) {
        await store.scheduleSources(sources.map(({ name, kind, everyMs }) => ({ source: name, kind, everyMs })));
        isScheduled = true;
      }
      while (!signal.aborted && (await readNext(options, input, signal)));
    } catch (error) {
      log.warn({ err: error }, "the sources could not be looked after; the next look tries again");
    }
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
  await reader.close();
}

/** Reads a source that is due; false where none is. */
async function readNext(options: SourceOptions, input: SourceInput, signal: AbortSignal): Promise<boolean> {
  const { sources, store, reach, stopwatch, log } = options;
  const lease = await store.claimDueSource(
    sources.map(({ name }) => name),
    SOURCE_LEASE_MS,
  );
  const source = sources.find(({ name }) => name === lease?.source);
  if (lease === null || source === undefined) return false;
  log.info({ source: source.name, kind: source.kind, resumed: lease.cursor !== null }, "a source is read");
  const end = await runSource({
    input,
    store,
    source,
    lease,
    taking: "spread",
    isScheduled: true,
    reach,
    stopwatch,
    onPage: (summary) => log.debug({ source: source.name, ...summary }, "a page of a source is in"),
    signal,
  });
  const told = { source: source.name, ...end.summary };
  if (end.failure !== null)
    log.warn({ ...told, problem: end.failure.message }, "a source could not be read to its end");
  else log.info(told, end.isStopped ? "a source was left unfinished; it goes on from there" : "a source was read");
  return true;
}
