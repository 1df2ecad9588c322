import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toPrintable } from "@switchboard/domain";
import { discardPostgres } from "@switchboard/postgres";
import { systemStopwatch } from "@switchboard/runtime";
import { Command } from "commander";
import { parseCountArgument } from "../argument.ts";
import type { CommandContext } from "../command-context.ts";
import { DEMO_DEFAULTS, leaveDemo, readDemo, toDemoVariables } from "../demo.ts";
import { findListeningPort } from "../up/listening-port.ts";
import { type Everything, runEverything } from "../up/run-everything.ts";
import { startSimulator } from "../up/simulated-federation.ts";
import { createTerminal, type Terminal } from "../up/terminal.ts";
import { CannotDoError, UsageError } from "../usage-error.ts";

const BUNDLED_NAMES = fileURLToPath(new URL("../../server-names.txt", import.meta.url));

type UpOptions = { demo?: true; names?: number; documents?: string };

/** `switchboard up`: everything at once on one machine. */
export function createUpCommand(context: CommandContext): Command {
  return new Command("up")
    .description("Run everything: embedded Postgres (unless DATABASE_URL is set), worker, API and dashboard.")
    .option("--demo", "against a simulated federation, with a directory of its own made anew: needs no network")
    .option("--names <count>", "with --demo: how many servers to simulate", parseCountArgument)
    .option("--documents <folder>", "with --demo: serve the files of this folder, one document for each server")
    .addHelpText(
      "after",
      `
A second start goes on where the first left off; Ctrl-C stops everything cleanly. What it keeps is in SWITCHBOARD_DATA_DIR.

  $ switchboard up
  $ switchboard up --demo --names 1000`,
    )
    .action(async (options: UpOptions) => {
      const { environment, stdout, variables } = context;
      for (const option of ["names", "documents"] as const) {
        if (options[option] !== undefined && options.demo !== true) {
          throw new UsageError(`--${option}: ${options[option]}: is for the simulated federation; add --demo`);
        }
      }
      const isDemoFolder = (await readDemo(environment.dataDir)) !== null;
      if (isDemoFolder && options.demo !== true && environment.databaseUrl === null) {
        throw new CannotDoError(
          `${toPrintable(environment.dataDir, 200)} is the data folder of a demo, whose servers are simulated: add --demo, or set SWITCHBOARD_DATA_DIR to another folder`,
        );
      }
      const terminal = createTerminal(stdout, systemStopwatch());
      const port = await findListeningPort(environment.httpHost, environment.httpPort);
      const listening = { ...variables, SWITCHBOARD_HTTP_PORT: String(port) };
      if (options.demo === true) {
        // Who looks at a demo has its folder in the environment: a demo is made anew there, not below it.
        const dataDir = isDemoFolder ? environment.dataDir : join(environment.dataDir, "demo");
        return runDemo(options, { dataDir, listening, terminal }, context);
      }
      const everything: Everything = {
        variables: listening,
        namesFile: BUNDLED_NAMES,
        source: "bundled",
      };
      await runEverything(everything, terminal, context);
    });
}

async function runDemo(
  options: UpOptions,
  { dataDir, listening, terminal }: { dataDir: string; listening: Everything["variables"]; terminal: Terminal },
  context: CommandContext,
): Promise<void> {
  await discardPostgres({ dataDir });
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const { demo, stop } = await startSimulator(
    { names: options.names ?? null, documents: options.documents ?? null },
    terminal.say,
  );
  try {
    await leaveDemo(dataDir, demo);
    terminal.say(`a simulated federation answers on loopback; change it while it runs at ${demo.controlUrl}`);
    terminal.say(`other commands see this demo with SWITCHBOARD_DATA_DIR=${dataDir}`);
    await runEverything(
      {
        // The demo is a world of its own: nothing of it may reach a real database or queue.
        variables: {
          ...DEMO_DEFAULTS,
          ...listening,
          DATABASE_URL: undefined,
          REDIS_URL: undefined,
          SWITCHBOARD_DATA_DIR: dataDir,
          ...toDemoVariables(demo),
        },
        namesFile: demo.namesFile,
        source: "simulator",
      },
      terminal,
      context,
    );
  } finally {
    await stop();
  }
}
