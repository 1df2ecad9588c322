import type { OutcomeKind, Verdict } from "@switchboard/domain";

/** The directory in numbers, now. All but `names` count hostnames. */
export type Stats = {
  readonly names: number;
  readonly hostnames: number;
  readonly unprobed: number;
  readonly due: number;
  readonly optedOut: number;
  /** By the last outcome. */
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  readonly reasons: readonly { readonly kind: OutcomeKind; readonly reason: string; readonly count: number }[];
  /** Of what is published. */
  readonly published: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Stable spelling; the most frequent first, at most 100. */
  readonly roles: readonly { readonly role: string; readonly count: number }[];
  /** On published documents; the most frequent first, at most 100. */
  readonly findings: readonly { readonly code: string; readonly count: number }[];
};

export type Statistics = { readStats(): Promise<Stats> };
