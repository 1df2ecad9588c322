import type { Output } from "../output.ts";

/** One of the things that the crawl bench measures. Answers whether its targets are met. */
export type CrawlPart = (options: {
  /** Overrides the part's own number of names. */
  readonly names: number | null;
  /** How often what is compared is measured, in turns; the median counts. */
  readonly rounds: number;
  readonly out: Output;
  readonly signal: AbortSignal;
}) => Promise<boolean>;
