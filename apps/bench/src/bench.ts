import type { Output } from "./output.ts";

export type BenchOptions = {
  /** What followed the bench's name on the command line, what is common to all benches taken out. */
  readonly args: readonly string[];
  readonly out: Output;
  /** Aborted when the run is to stop: a bench then ends its processes, removes its folders and rejects. */
  readonly signal: AbortSignal;
};

export type Bench = {
  readonly name: string;
  /** What it measures, in a line. */
  readonly summary: string;
  /** Its own options, one line of help each. */
  readonly options: readonly string[];
  /** Answers whether every target was met. Rejects with {@link UsageError} where its arguments cannot be used. */
  readonly run: (options: BenchOptions) => Promise<boolean>;
};
