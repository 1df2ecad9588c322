import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { ServerKey } from "@switchboard/domain";
import type { BenchOptions } from "../bench.ts";
import { type BenchDirectory, openBenchDirectory } from "../bench-directory.ts";
import { parseCount, parseOptions } from "../parse-options.ts";
import { readCpuMs, readTreeCpuMs } from "../process-usage.ts";
import { type Program, startProgram } from "../start-program.ts";
import { countStaleAnswers } from "./count-stale-answers.ts";
import { fillDirectory } from "./fill-directory.ts";
import { type LoadOptions, randomClient, runLoad, type Target } from "./load.ts";

export const API_OPTIONS = [
  "--names N        servers in the directory (10000)",
  "--seconds N      each measurement takes so long (5)",
  "--connections N  clients that ask at once (50)",
  "--rounds N       turns that each takes (3)",
];

const MAX_WARM_UP_SECONDS = 2;
/** The API's own pool, and so the peer's. */
const POOL_SIZE = 10;
const API_MAIN = fileURLToPath(new URL("../../../api/src/main.ts", import.meta.url));
const BARE_ROUTE_MAIN = fileURLToPath(new URL("./bare-route-main.ts", import.meta.url));

const KINDS = ["bare", "listing", "304"] as const;
type Kind = (typeof KINDS)[number];

type Contender = { readonly target: Target; readonly pid: number };

/** One measurement: answers a second, and what each cost in the process that gave it and in Postgres. */
type Sample = {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly postgresUs: number;
  readonly p99Ms: number;
};

/** Listings by name, held against a bare route (docs/performance.md). Answers whether all targets were met. */
export async function runApiBench({ args, out, signal }: BenchOptions): Promise<boolean> {
  const given = parseOptions(args, {
    names: { type: "string", default: "10000" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "50" },
    rounds: { type: "string", default: "3" },
  });
  const count = parseCount("names", given.names);
  const seconds = parseCount("seconds", given.seconds);
  const connections = parseCount("connections", given.connections);
  const rounds = parseCount("rounds", given.rounds);

  await using stack = new AsyncDisposableStack();
  const directory = stack.adopt(await openBenchDirectory(), ({ close }) => close());
  out.progress(`filling a directory with ${count} servers`);
  const names = await fillDirectory(directory.store, count, signal);
  const api = stack.adopt(startApi(directory, signal), ({ stop }) => stop());
  const bare = stack.adopt(startBareRoute(directory, signal), ({ stop }) => stop());
  const apiOrigin = originIn(await api.line((line) => line.includes("Server listening at")));
  const bareOrigin = originIn(await bare.line((line) => line.startsWith("http")));
  api.mute();
  await compareAnswers(apiOrigin, bareOrigin, names);

  const load: LoadOptions = { names, connections, seconds, signal };
  const contenders: Readonly<Record<Kind, Contender>> = {
    bare: { target: { origin: bareOrigin, tags: null }, pid: bare.pid },
    listing: { target: { origin: apiOrigin, tags: null }, pid: api.pid },
    "304": { target: { origin: apiOrigin, tags: await readTags(apiOrigin, names) }, pid: api.pid },
  };
  out.progress("warming up");
  const warmUp = { ...load, seconds: Math.min(seconds, MAX_WARM_UP_SECONDS) };
  for (const kind of KINDS) await runLoad(contenders[kind].target, warmUp);
  const samples: Readonly<Record<Kind, Sample[]>> = { bare: [], listing: [], "304": [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const kind of KINDS) {
      const sample = await measure(contenders[kind], load, directory.postmasterPid);
      samples[kind].push(sample);
      out.progress(`round ${round} of ${rounds}: ${kind} ${Math.round(sample.perSecond)}/s`);
    }
  }
  const { writes, stale } = await countStaleAnswers({
    store: directory.store,
    target: { origin: apiOrigin, tags: null },
    load,
  });

  const rates = (kind: Kind) => samples[kind].map(({ perSecond }) => perSecond);
  for (const kind of KINDS) {
    const of = (value: (sample: Sample) => number) => median(samples[kind].map(value));
    const tell = (name: string, what: string, value: number, unit: string) =>
      out.measured({ name: `${kind}-${name}`, what: `${TITLES[kind]}: ${what}`, value, unit, target: null });
    tell(
      "per-second",
      "answers",
      of(({ perSecond }) => perSecond),
      "/s",
    );
    tell(
      "cpu",
      "CPU an answer, its process",
      of(({ cpuUs }) => cpuUs),
      "µs",
    );
    tell(
      "postgres-cpu",
      "CPU an answer, Postgres",
      of(({ postgresUs }) => postgresUs),
      "µs",
    );
    tell(
      "p99",
      "slowest of a hundred",
      of(({ p99Ms }) => p99Ms),
      "ms",
    );
  }
  return [
    out.measured({
      name: "listing-to-bare",
      what: "listings a second, against the bare route",
      value: ratio(rates("listing"), rates("bare")),
      unit: "x",
      target: { atLeast: 1.3 },
    }),
    out.measured({
      name: "304-to-listing",
      what: "304s a second, against whole listings",
      value: ratio(rates("304"), rates("listing")),
      unit: "x",
      target: { atLeast: 1 },
    }),
    out.measured({
      name: "stale-answers",
      what: `stale answers after ${writes} writes under load`,
      value: stale,
      unit: "",
      target: { atMost: 0 },
    }),
  ].every(Boolean);
}

const TITLES: Readonly<Record<Kind, string>> = { bare: "bare route", listing: "listing", "304": "304" };

function startApi({ databaseUrl }: BenchDirectory, signal: AbortSignal): Program {
  const env = { DATABASE_URL: databaseUrl, SWITCHBOARD_HTTP_PORT: "0" };
  return startProgram({ name: "the api", entry: API_MAIN, env, signal });
}

function startBareRoute({ databaseUrl }: BenchDirectory, signal: AbortSignal): Program {
  const args = [databaseUrl, String(POOL_SIZE)];
  return startProgram({ name: "the bare route", entry: BARE_ROUTE_MAIN, args, signal });
}

function originIn(line: string): string {
  const origin = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
  if (origin === undefined) throw new Error(`no address in ${line}`);
  return origin;
}

/** Both must do the same work: the bare route's answers are held to be the API's, member for member. */
async function compareAnswers(apiOrigin: string, bareOrigin: string, names: readonly ServerKey[]): Promise<void> {
  for (const name of names.slice(0, 20)) {
    const [api, bare] = await Promise.all(
      [apiOrigin, bareOrigin].map(async (origin) => (await fetch(`${origin}/v1/servers/${name}`)).json()),
    );
    if (!isDeepStrictEqual(api, bare)) throw new Error(`the bare route answers something else about ${name}`);
  }
}

async function readTags(origin: string, names: readonly ServerKey[]): Promise<ReadonlyMap<ServerKey, string>> {
  const tags = new Map<ServerKey, string>();
  for (const name of names) {
    const response = await fetch(`${origin}/v1/servers/${name}`, { headers: { "x-forwarded-for": randomClient() } });
    await response.arrayBuffer();
    const tag = response.headers.get("etag");
    if (tag === null) throw new Error(`${origin} answers ${response.status} about ${name}`);
    tags.set(name, tag);
  }
  return tags;
}

async function measure({ target, pid }: Contender, load: LoadOptions, postmasterPid: number): Promise<Sample> {
  const before = { own: await readCpuMs(pid), postgres: await readTreeCpuMs(postmasterPid) };
  const { answers, perSecond, p99Ms } = await runLoad(target, load);
  const after = { own: await readCpuMs(pid), postgres: await readTreeCpuMs(postmasterPid) };
  const perAnswerUs = (ms: number) => (ms * 1_000) / answers;
  return {
    perSecond,
    cpuUs: perAnswerUs(after.own - before.own),
    postgresUs: perAnswerUs(after.postgres - before.postgres),
    p99Ms,
  };
}

/** The median of the rounds' own ratios: what slows the machine down for a round slows both. */
function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)));
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
