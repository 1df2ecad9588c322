import type { OutcomeKind, Verdict } from "@switchboard/domain";
import { z } from "zod";
import { outcomeKindSchema } from "./span.ts";

const count = z.number().int();

export const statsSchema = z
  .object({
    names: count.meta({ description: "Server names known; everything else counts hostnames." }),
    hostnames: count,
    unprobed: count,
    due: count,
    optedOut: count,
    published: count.meta({ description: "Hostnames with a published document." }),
    outcomes: z.object({
      document: count,
      absent: count,
      unusable: count,
      unreachable: count,
      refused: count,
    }),
    reasons: z.array(z.object({ kind: outcomeKindSchema, reason: z.string(), count })),
    verdicts: z.object({ valid: count, usable: count, unusable: count }),
    roles: z.array(z.object({ role: z.string(), count })),
    findings: z.array(z.object({ code: z.string(), count })),
  })
  .meta({ id: "Stats", description: "The directory in numbers, now." });
export type StatsBody = z.infer<typeof statsSchema>;

/** What the statistics are told from: the members that the store's answer has. */
export type StatsRow = {
  readonly names: number;
  readonly hostnames: number;
  readonly unprobed: number;
  readonly due: number;
  readonly optedOut: number;
  readonly published: number;
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  readonly reasons: readonly { readonly kind: OutcomeKind; readonly reason: string; readonly count: number }[];
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly roles: readonly { readonly role: string; readonly count: number }[];
  readonly findings: readonly { readonly code: string; readonly count: number }[];
};

/** The wire form of the statistics. */
export function toStats(stats: StatsRow): StatsBody {
  const { names, hostnames, unprobed, due, optedOut, published, outcomes, verdicts } = stats;
  return {
    names,
    hostnames,
    unprobed,
    due,
    optedOut,
    published,
    outcomes: { ...outcomes },
    reasons: stats.reasons.map(({ kind, reason, count }) => ({ kind, reason, count })),
    verdicts: { ...verdicts },
    roles: stats.roles.map(({ role, count }) => ({ role, count })),
    findings: stats.findings.map(({ code, count }) => ({ code, count })),
  };
}
