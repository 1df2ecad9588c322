import { setTimeout as sleep } from "node:timers/promises";
import { Gauge, type Registry } from "prom-client";

/** Where a reading that failed is reported. A pino logger is one. */
export type Log = { warn(fields: object, message: string): void };

export type ReadingOptions = {
  readonly registry: Registry;
  readonly log: Log;
  readonly name: string;
  readonly help: string;
  /** Called at every scrape. */
  readonly read: () => Promise<number>;
  /** How long a scrape waits for it. */
  readonly patienceMs: number;
};

/** Well inside the 10 s that Prometheus gives a scrape. */
export const READING_PATIENCE_MS = 2_000;

/**
 * Adds a gauge that is read when it is scraped. Where the reading fails, or takes longer than `patienceMs`, that scrape is
 * without it: the other metrics are wanted most when the database is away, and an old number would be a lie.
 */
export function addReading({ registry, log, name, help, read, patienceMs }: ReadingOptions): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      try {
        this.set(await readWithin(read, patienceMs));
      } catch (error) {
        this.remove();
        log.warn({ err: error, metric: name }, "a metric could not be read");
      }
    },
  });
}

async function readWithin(read: () => Promise<number>, patienceMs: number): Promise<number> {
  const patience = new AbortController();
  const tooLate = async (): Promise<never> => {
    await sleep(patienceMs, undefined, { signal: patience.signal });
    throw new Error(`no answer within ${patienceMs} ms`);
  };
  try {
    return await Promise.race([read(), tooLate()]);
  } finally {
    patience.abort();
  }
}
