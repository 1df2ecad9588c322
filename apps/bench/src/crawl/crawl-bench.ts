import type { BenchOptions } from "../bench.ts";
import { parseCount, parseOptions, parseWords } from "../parse-options.ts";
import type { CrawlPart } from "./crawl-part.ts";
import { measureCpu } from "./measure-cpu.ts";
import { measureDead } from "./measure-dead.ts";
import { measureMemory } from "./measure-memory.ts";
import { measureWorkers } from "./measure-workers.ts";

const PARTS = ["cpu", "dead", "memory", "workers"] as const;
const MEASURE: Readonly<Record<(typeof PARTS)[number], CrawlPart>> = {
  cpu: measureCpu,
  dead: measureDead,
  memory: measureMemory,
  workers: measureWorkers,
};

const ROUNDS = 3;

export const CRAWL_OPTIONS = [
  `--only ${PARTS.join(",")}  measure these only`,
  "--names N                       with so many names, in place of each part's own number",
  `--rounds N                      measure what is compared so often, ${ROUNDS} where not given; the median counts`,
];

/** The crawl, held to its targets (docs/performance.md). Answers whether all that was measured met them. */
export async function runCrawlBench({ args, out, signal }: BenchOptions): Promise<boolean> {
  const options = parseOptions(args, {
    only: { type: "string" },
    names: { type: "string" },
    rounds: { type: "string", default: String(ROUNDS) },
  });
  const { only } = options;
  const parts = only === undefined ? PARTS : parseWords("only", only, PARTS);
  const names = options.names === undefined ? null : parseCount("names", options.names);
  const rounds = parseCount("rounds", options.rounds);
  const verdicts: boolean[] = [];
  for (const part of parts) verdicts.push(await MEASURE[part]({ names, rounds, out, signal }));
  return verdicts.every(Boolean);
}
