import type { CrawlStore, ProbeRecord } from "./crawl-store.ts";

type RecordEnd = "recorded" | "discarded";

/** Writes decisions in micro-batches, whichever claim batch they belong to: one transaction for many is what makes recording cheap. */
export type Recorder = {
  /** Resolves when the record is committed, or discarded because its claim is no longer ours; rejects where it cannot be written. */
  record(record: ProbeRecord): Promise<RecordEnd>;
};

/** Where so many records fail each by itself, it is not the records: the database is gone. */
const MAX_LONE_FAILURES = 3;

type Entry = {
  readonly record: ProbeRecord;
  readonly resolve: (end: RecordEnd) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Creates a recorder. A micro-batch is written when there are `maxRecords`, or documents of `maxBytes` in all, or its first
 * record has waited `maxDelayMs`; one at a time, of no more than that but for a record that is larger alone. One that cannot
 * be written is written again record by record, so that one bad record, which a hostile document might bring about, does not
 * take its neighbours with it.
 */
export function createRecorder({
  store,
  maxRecords,
  maxBytes,
  maxDelayMs,
}: {
  readonly store: Pick<CrawlStore, "recordProbes">;
  readonly maxRecords: number;
  readonly maxBytes: number;
  readonly maxDelayMs: number;
}): Recorder {
  const waiting: Entry[] = [];
  /** Of the documents that wait. */
  let waitingBytes = 0;
  let timer: NodeJS.Timeout | null = null;
  let writing = false;

  function schedule(): void {
    if (writing || waiting.length === 0) return;
    if (waiting.length >= maxRecords || waitingBytes >= maxBytes) void flush();
    else timer ??= setTimeout(() => void flush(), maxDelayMs);
  }

  async function flush(): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    writing = true;
    await write(takeBatch());
    writing = false;
    schedule();
  }

  /** The oldest that fit, at least one. */
  function takeBatch(): readonly Entry[] {
    let count = 0;
    let bytes = 0;
    for (const { record } of waiting) {
      const more = bytes + documentBytes(record);
      if (count === maxRecords || (count > 0 && more > maxBytes)) break;
      count += 1;
      bytes = more;
    }
    waitingBytes -= bytes;
    return waiting.splice(0, count);
  }

  async function write(entries: readonly Entry[]): Promise<void> {
    try {
      await commit(entries);
    } catch (error) {
      if (entries.length > 1) await writeAlone(entries);
      else for (const { reject } of entries) reject(error);
    }
  }

  async function writeAlone(entries: readonly Entry[]): Promise<void> {
    let failuresInARow = 0;
    let lastError: unknown;
    for (const entry of entries) {
      if (failuresInARow >= MAX_LONE_FAILURES) {
        entry.reject(lastError);
        continue;
      }
      try {
        await commit([entry]);
        failuresInARow = 0;
      } catch (error) {
        entry.reject(error);
        lastError = error;
        failuresInARow += 1;
      }
    }
  }

  async function commit(entries: readonly Entry[]): Promise<void> {
    const { discardedHostnames } = await store.recordProbes(entries.map(({ record }) => record));
    const discarded = new Set(discardedHostnames);
    for (const { record, resolve } of entries) resolve(discarded.has(record.hostname) ? "discarded" : "recorded");
  }

  return {
    record: (record) =>
      new Promise((resolve, reject) => {
        waiting.push({ record, resolve, reject });
        waitingBytes += documentBytes(record);
        schedule();
      }),
  };
}

function documentBytes({ decision }: ProbeRecord): number {
  return decision.revision?.raw.length ?? 0;
}
