import type { DiscoveryState } from "./discovery-state.ts";
import type { FetchReport } from "./fetch-report.ts";
import type { Finding } from "./finding.ts";
import type { Instant } from "./instant.ts";
import type { OutcomeKind } from "./probe-outcome.ts";
import type { Hostname, ServerKey } from "./server-name.ts";
import type { PublishedContent } from "./server-state.ts";

/** How the server answers now. `unprobed`: heard of, never asked. */
export type Condition = OutcomeKind | "unprobed";

/** A server's public row: published content and condition kept apart, both clocks, and the latest delivery. */
export type Listing = {
  /** The directory's key: the server name in lower case. */
  readonly serverName: ServerKey;
  readonly hostname: Hostname;
  readonly published: (PublishedContent & { readonly revision: number }) | null;
  readonly condition: Condition;
  /** The reason of the last outcome, where its kind has one. */
  readonly conditionReason: string | null;
  /** Since when it answers like this. */
  readonly conditionSince: Instant | null;
  /** Findings of the last full answer that was no document. */
  readonly answerFindings: readonly Finding[];
  /** When the operator's document was taken away, confirmed; null where it never was or one is published again. */
  readonly withdrawnAt: Instant | null;
  readonly absentSince: Instant | null;
  readonly firstSeenAt: Instant;
  readonly lastProbedAt: Instant | null;
  readonly lastConfirmedAt: Instant | null;
  readonly lastChangedAt: Instant | null;
  readonly dueAt: Instant | null;
  readonly optedOut: boolean;
  /** Null in a listing of the past (`?at=`): delivery facts keep no history. */
  readonly delivery: Pick<FetchReport, "hops" | "tls" | "timing"> | null;
  /**
   * What the server runs and whether it answers other homeservers; null before the first look. Of the past only the
   * software and its beginning are known.
   */
  readonly discovery: Pick<
    DiscoveryState,
    "software" | "softwareSince" | "onlineSince" | "lastAnsweredAt" | "lastTriedAt" | "failure"
  > | null;
  /** Moves with every stored change of this row; with the freshness state it makes the ETag. */
  readonly version: number;
};
