import { z } from "zod";
import type { Connection } from "./connection.ts";
import { IS_RECENT, WHOLE } from "./name-quotas.ts";
import { isOptedOut } from "./opted-out-hostnames.ts";
import type { SourceRun, SourceRuns } from "./source-runs.ts";

/** Where names come from, in numbers. */
export type SourceStats = {
  /** By source: names it told of that are in the directory, and its last reading, if it is one that is read. The largest first. */
  readonly sources: readonly {
    readonly source: string;
    readonly names: number;
    readonly run: Omit<SourceRun, "source"> | null;
  }[];
  /** Names set aside in the last 30 days (a bounded sample: see `setNamesAside`), by code; the most frequent first. */
  readonly setAside: readonly { readonly code: string; readonly count: number }[];
  /**
   * What the bounds kept out in the last 7 days; a name counts each time. By registered domain, the most first, at most
   * 20, without those that opted out.
   */
  readonly heldBack: {
    readonly names: number;
    readonly domains: readonly { readonly domain: string; readonly count: number }[];
  };
};

const MAX_DOMAINS = 20;

const countedSchema = z.object({ key: z.string(), count: z.int() });

/** Reads the numbers; `tallies` are the names by source. */
export async function readSourceStats(
  connection: Connection,
  runs: Pick<SourceRuns, "listSourceRuns">,
  tallies: readonly { readonly value: string; readonly count: number }[],
): Promise<SourceStats> {
  const [known, setAside, held] = await Promise.all([
    runs.listSourceRuns(),
    connection.query({
      text: "select code as row_id, code as key, count(*) from set_aside_names group by code order by count(*) desc, code",
    }),
    connection.query({
      text: `
        select domain as row_id, domain as key, sum(held)::bigint as count from name_quotas
        where held > 0 and ${IS_RECENT} and not ${isOptedOut("name_quotas.domain")}
        group by domain order by domain <> $1, sum(held) desc, domain limit $2`,
      values: [WHOLE, MAX_DOMAINS + 1],
    }),
  ]);
  const names = new Map(tallies.map(({ value, count }) => [value, count]));
  const bySource = new Map(known.map(({ source, ...run }) => [source, run]));
  // Whatever is held back counts in its source's row too: where there are domains, that is the first.
  const [whole, ...domains] = connection.parseRows("name_quotas", countedSchema, held);
  return {
    sources: [...new Set([...names.keys(), ...bySource.keys()])].map((source) => ({
      source,
      names: names.get(source) ?? 0,
      run: bySource.get(source) ?? null,
    })),
    setAside: connection
      .parseRows("set_aside_names", countedSchema, setAside)
      .map(({ key, count }) => ({ code: key, count })),
    heldBack: {
      names: whole?.count ?? 0,
      domains: domains.map(({ key, count }) => ({ domain: key, count })),
    },
  };
}
