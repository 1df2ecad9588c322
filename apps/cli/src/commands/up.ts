import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { discardPostgres } from "@switchboard/postgres";
import { systemStopwatch } from "@switchboard/runtime";
import { Command } from "commander";
import { parseCountArgument } from "../argument.ts";
import type { CommandContext } from "../command-context.ts";
import { findListeningPort } from "../up/listening-port.ts";
import { type Everything, runEverything } from "../up/run-everything.ts";
import { FEDERATION_DEFAULTS, startSimulator, toFederationVariables } from "../up/simulated-federation.ts";
import { createTerminal, type Terminal } from "../up/terminal.ts";
import { UsageError } from "../usage-error.ts";

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
      const terminal = createTerminal(stdout, systemStopwatch());
      const port = await findListeningPort(environment.httpHost, environment.httpPort);
      const listening = { ...variables, SWITCHBOARD_HTTP_PORT: String(port) };
      if (options.demo === true) return runDemo(options, { listening, terminal }, context);
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
  { listening, terminal }: { listening: Everything["variables"]; terminal: Terminal },
  context: CommandContext,
): Promise<void> {
  const dataDir = join(context.environment.dataDir, "demo");
  await discardPostgres({ dataDir });
  await rm(dataDir, { recursive: true, force: true });
  await mkdir(dataDir, { recursive: true });
  const federation = await startSimulator(
    { names: options.names ?? null, documents: options.documents ?? null },
    terminal.say,
  );
  try {
    terminal.say(`a simulated federation answers on loopback; change it while it runs at ${federation.controlUrl}`);
    terminal.say(`other commands see this demo with SWITCHBOARD_DATA_DIR=${dataDir}`);
    await runEverything(
      {
        // The demo is a world of its own: nothing of it may reach a real database or queue.
        variables: {
          ...FEDERATION_DEFAULTS,
          ...listening,
          DATABASE_URL: undefined,
          REDIS_URL: undefined,
          SWITCHBOARD_DATA_DIR: dataDir,
          ...toFederationVariables(federation),
        },
        namesFile: federation.namesFile,
        source: "simulator",
      },
      terminal,
      context,
    );
  } finally {
    await federation.stop();
  }
}
