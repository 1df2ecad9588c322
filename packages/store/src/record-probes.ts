import type { Delivery, Hostname, Instant, ProbeDecision } from "@switchboard/domain";

/** A probe's decision on its way into the directory, with the claim's token that entitles it. */
export type ProbeRecord = {
  readonly hostname: Hostname;
  readonly token: string;
  readonly decision: ProbeDecision;
  readonly delivery: Delivery;
  readonly fetchedAt: Instant;
};

/** `discarded`: records whose token was no longer theirs (or was used already). `changes`: rows added to the change feed. */
export type RecordedProbes = {
  readonly recorded: number;
  readonly discarded: number;
  /** Whose records were discarded, so that a crawl counts only what it wrote. */
  readonly discardedHostnames: readonly Hostname[];
  readonly changes: number;
};

export type ProbeRecords = {
  /** Records a batch in one transaction; repeating it changes nothing (DESIGN, "Crawling"). */
  recordProbes(records: readonly ProbeRecord[]): Promise<RecordedProbes>;
};
