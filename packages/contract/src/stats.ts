import type { Instant, OutcomeKind, SourceSummary, Verdict } from "@switchboard/domain";
import { z } from "zod";
import { toIsoOrNull } from "./instant.ts";
import { outcomeKindSchema } from "./span.ts";

const count = z.number().int();

/** Where names come from. What went wrong is told to the operator only: it may name machines of their network. */
const sourceSchema = z.object({
  source: z.string(),
  names: count.meta({ description: "Names in the directory that it told of." }),
  lastRun: z
    .object({
      finishedAt: z.iso.datetime().nullable(),
      failed: z.boolean(),
      heard: count,
      added: count,
      known: count,
      optedOut: count,
      heldBack: count,
      setAside: count,
    })
    .nullable()
    .meta({ description: "The last reading of a source that is read; null for one that comes by itself." }),
  nextDueAt: z.iso.datetime().nullable(),
});

export const statsSchema = z
  .object({
    names: count.meta({ description: "Server names known; everything else but what servers run counts hostnames." }),
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
    online: count.meta({ description: "Server names that answer other homeservers (docs/server-discovery.md)." }),
    offline: count.meta({ description: "Server names that were looked for and do not." }),
    software: z
      .array(z.object({ name: z.string(), count }))
      .meta({ description: "What those run that are online, the most frequent first." }),
    versions: z.array(z.object({ name: z.string(), version: z.string().nullable(), count })),
    sources: z.array(sourceSchema),
    setAside: z
      .array(z.object({ code: z.string(), count }))
      .meta({ description: "Names told of in the last 30 days that nobody could probe, by reason; a bounded sample." }),
    heldBack: z
      .object({ names: count, domains: z.array(z.object({ domain: z.string(), count })) })
      .meta({ description: "New names that were too many for their source or registered domain, in the last 7 days." }),
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
  readonly online: number;
  readonly offline: number;
  readonly software: readonly { readonly name: string; readonly count: number }[];
  readonly versions: readonly { readonly name: string; readonly version: string | null; readonly count: number }[];
  readonly sources: readonly {
    readonly source: string;
    readonly names: number;
    readonly run: {
      readonly dueAt: Instant | null;
      readonly finishedAt: Instant | null;
      readonly summary: SourceSummary | null;
      readonly error: string | null;
    } | null;
  }[];
  readonly setAside: readonly { readonly code: string; readonly count: number }[];
  readonly heldBack: {
    readonly names: number;
    readonly domains: readonly { readonly domain: string; readonly count: number }[];
  };
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
    online: stats.online,
    offline: stats.offline,
    software: stats.software.map(({ name, count }) => ({ name, count })),
    versions: stats.versions.map(({ name, version, count }) => ({ name, version, count })),
    sources: stats.sources.map(({ source, names, run }) => ({
      source,
      names,
      lastRun: run === null || run.summary === null ? null : toLastRun(run, run.summary),
      nextDueAt: toIsoOrNull(run?.dueAt ?? null),
    })),
    setAside: stats.setAside.map(({ code, count }) => ({ code, count })),
    heldBack: {
      names: stats.heldBack.names,
      domains: stats.heldBack.domains.map(({ domain, count }) => ({ domain, count })),
    },
  };
}

function toLastRun(run: NonNullable<StatsRow["sources"][number]["run"]>, summary: SourceSummary) {
  const { heard, added, known, optedOut, heldBack, setAside } = summary;
  return {
    finishedAt: toIsoOrNull(run.finishedAt),
    failed: run.error !== null,
    heard,
    added,
    known,
    optedOut,
    heldBack,
    setAside: Object.values(setAside).reduce((sum, count) => sum + count, 0),
  };
}
