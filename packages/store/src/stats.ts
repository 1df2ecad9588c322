import type { OutcomeKind, Verdict } from "@switchboard/domain";
import { z } from "zod";
import type { Claims } from "./claims.ts";
import type { Connection } from "./connection.ts";
import { parseVersionTally } from "./discovery-row.ts";
import type { SourceRuns } from "./source-runs.ts";
import { readSourceStats, type SourceStats } from "./source-stats.ts";
import { outcomeKindSchema } from "./stored-json.ts";

/** The directory in numbers, now. All but `names` and what servers run count hostnames. */
export type Stats = {
  readonly names: number;
  readonly hostnames: number;
  readonly unprobed: number;
  readonly due: number;
  readonly optedOut: number;
  /** By the last outcome. */
  readonly outcomes: Readonly<Record<OutcomeKind, number>>;
  /** The most frequent first. */
  readonly reasons: readonly { readonly kind: OutcomeKind; readonly reason: string; readonly count: number }[];
  /** Of what is published. */
  readonly published: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Stable spelling; the most frequent first, at most 100. */
  readonly roles: readonly { readonly role: string; readonly count: number }[];
  /** On published documents; the most frequent first, at most 100. */
  readonly findings: readonly { readonly code: string; readonly count: number }[];
  /** Server names that answer other homeservers, and those that were looked for and do not. */
  readonly online: number;
  readonly offline: number;
  /** What those run that are online; the most frequent first, at most 100. */
  readonly software: readonly { readonly name: string; readonly count: number }[];
  readonly versions: readonly { readonly name: string; readonly version: string | null; readonly count: number }[];
} & SourceStats;

export type Statistics = { readStats(): Promise<Stats> };

const MAX_ROWS_OF_A_DIMENSION = 100;

const tallySchema = z.object({ key: z.string(), count: z.int() });
type Tally = z.infer<typeof tallySchema>;

export function createStatistics(
  connection: Connection,
  reading: Pick<Claims, "countDue"> & Pick<SourceRuns, "listSourceRuns">,
): Statistics {
  return {
    async readStats() {
      const [rows, due] = await Promise.all([
        connection.query({
          text: `
            select key as row_id, key, count from (
              select key, count,
                row_number() over (partition by split_part(key, ':', 1) order by count desc, key) as place
              from tallies where count > 0
            ) as ranked where place <= $1 order by count desc, key`,
          values: [MAX_ROWS_OF_A_DIMENSION],
        }),
        reading.countDue(),
      ]);
      const tallies = connection.parseRows("tallies", tallySchema, rows);
      const sources = await readSourceStats(connection, reading, valuesOf(tallies, "source"));
      return { ...toStats(tallies, due), ...sources };
    },
  };
}

function valuesOf(tallies: readonly Tally[], dimension: string) {
  return tallies.flatMap(({ key, count }) =>
    key.startsWith(`${dimension}:`) ? [{ value: key.slice(dimension.length + 1), count }] : [],
  );
}

function toStats(tallies: readonly Tally[], due: number): Omit<Stats, keyof SourceStats> {
  const countOf = (key: string) => tallies.find((tally) => tally.key === key)?.count ?? 0;
  return {
    names: countOf("names"),
    hostnames: countOf("hostnames"),
    unprobed: countOf("outcome:unprobed"),
    due,
    optedOut: countOf("opted-out"),
    outcomes: {
      document: countOf("outcome:document"),
      absent: countOf("outcome:absent"),
      unusable: countOf("outcome:unusable"),
      unreachable: countOf("outcome:unreachable"),
      refused: countOf("outcome:refused"),
    },
    reasons: valuesOf(tallies, "reason").flatMap(({ value, count }) => {
      const [kindText, ...reason] = value.split(":");
      const kind = outcomeKindSchema.safeParse(kindText);
      return kind.success ? [{ kind: kind.data, reason: reason.join(":"), count }] : [];
    }),
    published: countOf("published"),
    verdicts: {
      valid: countOf("verdict:valid"),
      usable: countOf("verdict:usable"),
      unusable: countOf("verdict:unusable"),
    },
    roles: valuesOf(tallies, "role").map(({ value, count }) => ({ role: value, count })),
    findings: valuesOf(tallies, "finding").map(({ value, count }) => ({ code: value, count })),
    online: countOf("federation:online"),
    offline: countOf("federation:offline"),
    software: valuesOf(tallies, "software").map(({ value, count }) => ({ name: value, count })),
    versions: valuesOf(tallies, "version").map(({ value, count }) => ({ ...parseVersionTally(value), count })),
  };
}
