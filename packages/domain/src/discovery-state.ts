import type { Instant } from "./instant.ts";
import type { ServerName } from "./server-name.ts";
import type { ServerSoftware } from "./server-software.ts";

/** To whom a server delegates federation, and until when that need not be asked again. */
export type KnownDelegation = { readonly serverName: ServerName; readonly freshUntil: Instant };

/** What is kept of the discoveries of a server. A server answers where its version was read. */
export type DiscoveryState = {
  /** What it last said it runs. Silence does not erase it; its age is `lastAnsweredAt`. */
  readonly software: ServerSoftware | null;
  /** When this name and version were first read. */
  readonly softwareSince: Instant | null;
  /**
   * The first answer of the present run of answers. A run ends with silence that lasted (`DiscoveryPolicy.offlineAfterMs`),
   * so a missed visit does not begin a new one. Null: it never answered, or its silence lasted.
   */
  readonly onlineSince: Instant | null;
  readonly lastAnsweredAt: Instant | null;
  readonly lastTriedAt: Instant | null;
  /** The silence since the last answer: the reason of its last visit, since when, and how many visits. */
  readonly failure: string | null;
  readonly failingSince: Instant | null;
  readonly failureCount: number;
  /** The interval that led to the last visit; null after silence. Milliseconds. */
  readonly intervalMs: number | null;
  readonly delegation: KnownDelegation | null;
};

/** The state of a server that was not looked for yet. */
export const UNDISCOVERED: DiscoveryState = {
  software: null,
  softwareSince: null,
  onlineSince: null,
  lastAnsweredAt: null,
  lastTriedAt: null,
  failure: null,
  failingSince: null,
  failureCount: 0,
  intervalMs: null,
  delegation: null,
};
