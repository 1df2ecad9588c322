import type { Hostname, Instant, ServerKey, ServerState } from "@switchboard/domain";

/** A hostname lent to one worker until `leaseUntil`. Only the holder of `token` may record a probe of it. */
export type Claim = {
  readonly hostname: Hostname;
  /** The directory's names that share this hostname's probe. */
  readonly serverNames: readonly ServerKey[];
  readonly token: string;
  readonly leaseUntil: Instant;
  readonly state: ServerState;
};

export type ClaimRequest = {
  readonly limit: number;
  readonly leaseMs: number;
  /** Only these, where given; they too must be due. */
  readonly hostnames?: readonly Hostname[];
};

export type Claims = {
  /** Takes up to `limit` due hostnames, the longest overdue first, judged by Postgres' clock (DESIGN, "Crawling"). */
  claimDue(request: ClaimRequest): Promise<readonly Claim[]>;
  /** Gives claims back unprobed: they are due again at once. Claims that are no longer ours are left alone. Answers how many were ours. */
  handBack(claims: readonly Pick<Claim, "hostname" | "token">[]): Promise<number>;
  /** How many hostnames are due and not lent out. Counting stops at `atMost`, where given. */
  countDue(atMost?: number): Promise<number>;
  /** When the next hostname can be claimed (perhaps already past); null where none ever comes due. */
  nextDueAt(): Promise<Instant | null>;
  /** Makes hostnames due now. Answers how many were not due before; opted-out ones stay out. */
  makeDue(hostnames: readonly Hostname[] | "all"): Promise<number>;
};
