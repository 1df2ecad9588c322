import type {
  Delivery,
  Hostname,
  Instant,
  Interpretation,
  ProbeDecision,
  ServerKey,
  ServerState,
} from "@switchboard/domain";

/** A hostname lent to this process until its lease ends. Only the holder of `token` may record a probe of it. */
export type Claim = {
  readonly hostname: Hostname;
  /** The directory's names that share this hostname's probe. */
  readonly serverNames: readonly ServerKey[];
  readonly token: string;
  readonly leaseUntil: Instant;
  readonly state: ServerState;
};

/** A probe's decision on its way into the directory, with the claim's token that entitles it. */
export type ProbeRecord = {
  readonly hostname: Hostname;
  readonly token: string;
  readonly decision: ProbeDecision;
  readonly delivery: Delivery;
  readonly fetchedAt: Instant;
};

/** By what a probe saw that the operator asks to be left alone. */
export type SeenWish = NonNullable<Interpretation["optOut"]>;

/** A claim given back unprobed; claimable again `afterMs` from now, at once where it is 0. */
type HandedBack = Pick<Claim, "hostname" | "token"> & { readonly afterMs: number };

/** What a crawl needs of the directory. The directory's clock judges leases; a record with a stale token is discarded by it. */
export type CrawlStore = {
  claimDue(request: { readonly limit: number; readonly leaseMs: number }): Promise<readonly Claim[]>;
  /** In one transaction. */
  recordProbes(records: readonly ProbeRecord[]): Promise<{ readonly discardedHostnames: readonly Hostname[] }>;
  handBack(claims: readonly HandedBack[]): Promise<unknown>;
  /** Up to `limit` hostnames whose last outcome was an answer, at random: witnesses of whether our own network is well. */
  sampleAnswering(limit: number): Promise<readonly Hostname[]>;
  /** Carries out an operator's wish to be left alone. False, and nothing done, where the claim is no longer ours. */
  optOutClaimed(claim: Pick<Claim, "hostname" | "token">, way: SeenWish): Promise<boolean>;
};
