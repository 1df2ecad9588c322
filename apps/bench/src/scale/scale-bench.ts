import { toInstant } from "@switchboard/domain";
import type { BenchOptions } from "../bench.ts";
import { parseCount, parseOptions } from "../parse-options.ts";
import { percentile } from "./percentile.ts";
import { openScaleDirectory, type ScaleDirectory } from "./scale-directory.ts";
import { searchKinds } from "./searches.ts";
import { seededRandom } from "./seeded-random.ts";
import { templateServers } from "./template-servers.ts";
import { sweepUnchanged } from "./unchanged-sweeps.ts";

const SERVERS = 1_000_000;
const SWEEPS = 30;
/** Of all servers, these are swept again and again. */
const SWEPT_SHARE = 0.1;
const LISTINGS = 2_000;
const SEARCHES = 40;
const COUNTS = 20;
const WARM_UP_SHARE = 0.1;
const PAGE = 20;

export const SCALE_OPTIONS = [
  `--servers N   fill the directory with so many, ${SERVERS.toLocaleString("en")} where not given`,
  `--sweeps N    sweep a tenth of them so often, ${SWEEPS} where not given`,
];

type Part = { readonly directory: ScaleDirectory } & Pick<BenchOptions, "out" | "signal">;

/** The directory with a million servers, held to its targets (docs/performance.md). Answers whether all were met. */
export async function runScaleBench({ args, out, signal }: BenchOptions): Promise<boolean> {
  const options = parseOptions(args, {
    servers: { type: "string", default: String(SERVERS) },
    sweeps: { type: "string", default: String(SWEEPS) },
  });
  const kinds = templateServers().length;
  const servers = Math.ceil(parseCount("servers", options.servers) / kinds) * kinds;
  const sweeps = parseCount("sweeps", options.sweeps);
  const directory = await openScaleDirectory({ servers, onProgress: out.progress, signal });
  try {
    const part = { directory, out, signal };
    const verdicts = [
      ...(await measureListings(part)),
      ...(await measureSearches(part)),
      ...(await measureCounts(part)),
      ...(await measureSweeps({ ...part, names: Math.round(servers * SWEPT_SHARE), sweeps })),
    ];
    return verdicts.every(Boolean);
  } finally {
    await directory.close();
  }
}

/** How long each of `count` runs took, in milliseconds, after some that are not counted. */
async function takeTimes(
  count: number,
  signal: AbortSignal,
  work: (run: number) => Promise<unknown>,
): Promise<readonly number[]> {
  const times: number[] = [];
  const warmUps = Math.ceil(count * WARM_UP_SHARE);
  for (let run = 0; run < count + warmUps; run += 1) {
    signal.throwIfAborted();
    const startedAt = performance.now();
    await work(run);
    if (run >= warmUps) times.push(performance.now() - startedAt);
  }
  return times;
}

async function measureListings({ directory: { store, names }, out, signal }: Part): Promise<readonly boolean[]> {
  out.progress(`${LISTINGS} listings`);
  const times = await takeTimes(LISTINGS, signal, (run) => store.findListing(pick(names, run)));
  return [
    out.measured({
      name: "listing-p50",
      what: `a listing, p50 of ${LISTINGS}`,
      value: percentile(times, 0.5),
      unit: "ms",
      target: null,
    }),
    out.measured({
      name: "listing-p99",
      what: `a listing, p99 of ${LISTINGS}`,
      value: percentile(times, 0.99),
      unit: "ms",
      target: { atMost: 10 },
    }),
  ];
}

async function measureSearches({ directory: { store, names }, out, signal }: Part): Promise<readonly boolean[]> {
  const verdicts: boolean[] = [];
  for (const { name, what, build } of searchKinds(toInstant(Date.now()))) {
    out.progress(`${SEARCHES} searches for ${what}`);
    const times = await takeTimes(SEARCHES, signal, async (run) => {
      const found = await store.searchListings({
        contactMatch: "exact",
        sort: "name",
        limit: PAGE,
        ...build(pick(names, run)),
      });
      if (!found.ok) throw new Error(found.error.message);
    });
    const value = percentile(times, 0.95);
    verdicts.push(
      out.measured({
        name: `search-${name}-p95`,
        what: `a search for ${what}, p95 of ${SEARCHES}`,
        value,
        unit: "ms",
        target: { atMost: 50 },
      }),
    );
  }
  return verdicts;
}

async function measureCounts({ directory: { store }, out, signal }: Part): Promise<readonly boolean[]> {
  out.progress("due count and stats");
  const due = percentile(await takeTimes(COUNTS, signal, () => store.countDue()), 0.95);
  const stats = percentile(await takeTimes(COUNTS, signal, () => store.readStats()), 0.95);
  return [
    out.measured({
      name: "due-count-p95",
      what: `the due count, p95 of ${COUNTS}`,
      value: due,
      unit: "ms",
      target: { atMost: 250 },
    }),
    out.measured({
      name: "stats-p95",
      what: `the stats, p95 of ${COUNTS}`,
      value: stats,
      unit: "ms",
      target: { atMost: 250 },
    }),
  ];
}

async function measureSweeps(
  options: Part & { readonly names: number; readonly sweeps: number },
): Promise<readonly boolean[]> {
  const { directory, out, signal, names, sweeps } = options;
  const { store } = directory;
  const random = seededRandom(1);
  const sweep = (left: number, batches: number) =>
    sweepUnchanged({ store, names, dueAgoDays: left + 1, batches, random, clock: () => toInstant(Date.now()), signal });
  await directory.makeLongDue(names, sweeps + 3);
  // One batch at a time: what a claim takes by itself. It also is the sweep after which the size is read first.
  out.progress(`a sweep of ${names} names, one batch at a time`);
  const { claimMs } = await sweep(sweeps, 1);
  await store.vacuumHotTables();
  const bytesBefore = await directory.readBytes();
  let clientCpuMs = 0;
  let wallMs = 0;
  for (let done = 1; done < sweeps; done += 1) {
    const cost = await sweep(sweeps - done, 2);
    clientCpuMs += cost.clientCpuMs;
    wallMs += cost.wallMs;
    await store.vacuumHotTables();
    const growth = (await directory.readBytes()) / bytesBefore;
    out.progress(
      `sweep ${done + 1} of ${sweeps}: ${(cost.wallMs / 1000).toFixed(1)} s, ${growth.toFixed(3)} times the size after the first`,
    );
  }
  const swept = names * Math.max(1, sweeps - 1);
  const warm = claimMs.slice(Math.floor(claimMs.length * WARM_UP_SHARE));
  const growth = (await directory.readBytes()) / bytesBefore;
  return [
    out.measured({
      name: "claim-p50",
      what: `a claim of 500, p50 of ${warm.length}`,
      value: percentile(warm, 0.5),
      unit: "ms",
      target: null,
    }),
    out.measured({
      name: "claim-p95",
      what: `a claim of 500, p95 of ${warm.length}`,
      value: percentile(warm, 0.95),
      unit: "ms",
      target: { atMost: 25 },
    }),
    out.measured({
      name: "claim-and-record-cpu",
      what: "this process' CPU to claim, decide and record a name",
      value: clientCpuMs / swept,
      unit: "ms",
      target: null,
    }),
    out.measured({
      name: "claim-and-record-wall",
      what: "the time of it, two batches at a time",
      value: wallMs / swept,
      unit: "ms",
      target: null,
    }),
    out.measured({
      name: "growth",
      what: `the database after ${sweeps} unchanged sweeps, to after the first`,
      value: growth,
      unit: "x",
      target: { atMost: 1.1 },
    }),
  ];
}

function pick<T>(items: readonly T[], run: number): T {
  const item = items[run % items.length];
  if (item === undefined) throw new Error("nothing to pick from");
  return item;
}
