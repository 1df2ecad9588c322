import { toInstant } from "@switchboard/domain";
import { endWithNpm, parseEnvironment, systemClock } from "@switchboard/runtime";
import { CommanderError } from "commander";
import picocolors from "picocolors";
import manifest from "../package.json" with { type: "json" };
import type { CommandContext } from "./command-context.ts";
import { describeFailure } from "./describe-failure.ts";
import { EXIT, type ExitStatus } from "./exit-status.ts";
import { createOutput, OutputClosed } from "./output.ts";
import { createProgram } from "./program.ts";
import { UsageError } from "./usage-error.ts";

const ECHO_MS = 1_000;

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exitCode = await run();

async function run(): Promise<ExitStatus> {
  const environment = parseEnvironment(process.env);
  if (!environment.ok) {
    for (const { message } of environment.error) say(`switchboard: ${message}`);
    return EXIT.usage;
  }
  const stop = new AbortController();
  let stoppedAtMs = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // A terminal and npm each pass on the same Ctrl-C: only a later one is impatience.
      if (stop.signal.aborted && performance.now() - stoppedAtMs > ECHO_MS) process.exit(EXIT.interrupted);
      if (stop.signal.aborted) return;
      stoppedAtMs = performance.now();
      stop.abort(new Error(`stopped by ${name}`));
      // A command that waits for input waits no longer.
      process.stdin.destroy();
    });
  }
  endWithNpm(process.env);
  const now = systemClock();
  let status: ExitStatus = EXIT.ok;
  const context: CommandContext = {
    environment: environment.value,
    variables: process.env,
    version: manifest.version,
    stdin: process.stdin,
    out: createOutput(process.stdout),
    say,
    stdout: process.stdout,
    stderr: process.stderr,
    colors: picocolors.createColors(process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined),
    clock: () => toInstant(now()),
    random: Math.random,
    signal: stop.signal,
    exitWith: (given) => {
      status = given;
    },
  };
  try {
    await createProgram(context).parseAsync();
    return status;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    return explain(error);
  }
}

function explain(error: unknown): ExitStatus {
  // Commander has said what is wrong itself; help that was asked for is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof OutputClosed) return EXIT.ok;
  if (error instanceof UsageError) {
    say(`switchboard: ${error.message}`);
    return EXIT.usage;
  }
  const failure = describeFailure(error);
  if (failure === null && error instanceof Error) say(`switchboard: this is a bug: ${error.stack ?? error.message}`);
  else say(`switchboard: ${failure ?? String(error)}`);
  return EXIT.failed;
}
