import { endWithNpm } from "@switchboard/runtime";
import { API_OPTIONS, runApiBench } from "./api/api-bench.ts";
import type { Bench } from "./bench.ts";
import { CRAWL_OPTIONS, runCrawlBench } from "./crawl/crawl-bench.ts";
import { createOutput } from "./output.ts";
import { runScaleBench, SCALE_OPTIONS } from "./scale/scale-bench.ts";
import { UsageError } from "./usage-error.ts";

/** In the order in which all of them run. */
const BENCHES: readonly Bench[] = [
  { name: "crawl", summary: "what a crawl costs, held to its targets", options: CRAWL_OPTIONS, run: runCrawlBench },
  { name: "scale", summary: "the directory with a million servers", options: SCALE_OPTIONS, run: runScaleBench },
  { name: "api", summary: "listings a second, against a bare route", options: API_OPTIONS, run: runApiBench },
];

const EXIT = { met: 0, missed: 1, usage: 2, failed: 3, interrupted: 130 } as const;
type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** A terminal and npm each pass on the same Ctrl-C: only a later one is impatience. */
const ECHO_MS = 1_000;

endWithNpm(process.env);
process.exitCode = await run(process.argv.slice(2));

async function run(argv: readonly string[]): Promise<ExitStatus> {
  const signal = abortOnSignals();
  try {
    return await runBenches(argv, signal);
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    if (error instanceof UsageError) {
      process.stderr.write(`bench: ${error.message}\n`);
      return EXIT.usage;
    }
    process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.failed;
  }
}

async function runBenches(argv: readonly string[], signal: AbortSignal): Promise<ExitStatus> {
  const common = ["--json", "--help", "-h"];
  const given = argv.filter((argument) => !common.includes(argument));
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(help());
    return EXIT.met;
  }
  const [name, ...args] = given;
  const chosen = name === undefined ? BENCHES : BENCHES.filter((bench) => bench.name === name);
  if (chosen.length === 0) {
    throw new UsageError(`${name}: write one of ${BENCHES.map((bench) => bench.name).join(", ")}, or nothing for all`);
  }
  const verdicts: boolean[] = [];
  for (const bench of chosen) {
    const out = createOutput({
      bench: bench.name,
      json: argv.includes("--json"),
      stdout: process.stdout,
      stderr: process.stderr,
    });
    try {
      verdicts.push(await bench.run({ args, out, signal }));
    } finally {
      out.end();
    }
  }
  return verdicts.every(Boolean) ? EXIT.met : EXIT.missed;
}

function help(): string {
  const benches = BENCHES.flatMap(({ name, summary, options }) => [
    `  ${name.padEnd(8)}${summary}`,
    ...options.map((option) => `            ${option}`),
  ]);
  return [
    `npm run bench -- [${BENCHES.map(({ name }) => name).join("|")}] [OPTION…]`,
    "",
    "Measures on this machine, and prints ratios against what is named. Without a name: all, one after the other.",
    "",
    ...benches,
    "",
    "  --json  one object a line: {bench, name, value, unit, target, met}",
    "",
    "Exit status: 0 every target met, 1 some missed, 2 usage, 3 could not be measured.",
    "",
  ].join("\n");
}

/** A signal that aborts when this process is asked to stop. */
function abortOnSignals(): AbortSignal {
  const stop = new AbortController();
  let stoppedAtMs = 0;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (stop.signal.aborted && performance.now() - stoppedAtMs > ECHO_MS) process.exit(EXIT.interrupted);
      if (stop.signal.aborted) return;
      stoppedAtMs = performance.now();
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  return stop.signal;
}
