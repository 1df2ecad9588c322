import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { createAddCommand } from "./commands/add.ts";
import { createChangesCommand } from "./commands/changes.ts";
import { createDiscoverCommand } from "./commands/discover.ts";
import { createExportCommand } from "./commands/export.ts";
import { createHistoryCommand } from "./commands/history.ts";
import { createKeysCommand } from "./commands/keys.ts";
import { createLintCommand } from "./commands/lint.ts";
import { createMigrateCommand } from "./commands/migrate.ts";
import { createOptInCommand } from "./commands/opt-in.ts";
import { createOptOutCommand } from "./commands/opt-out.ts";
import { createProbeCommand } from "./commands/probe.ts";
import { createRouteCommand } from "./commands/route.ts";
import { createShowCommand } from "./commands/show.ts";
import { createStatsCommand } from "./commands/stats.ts";
import { createSweepCommand } from "./commands/sweep.ts";
import { createUpCommand } from "./commands/up.ts";

const CREATE_COMMANDS = [
  createRouteCommand,
  createShowCommand,
  createHistoryCommand,
  createChangesCommand,
  createStatsCommand,
  createExportCommand,
  createLintCommand,
  createProbeCommand,
  createAddCommand,
  createDiscoverCommand,
  createSweepCommand,
  createOptOutCommand,
  createOptInCommand,
  createKeysCommand,
  createMigrateCommand,
  createUpCommand,
];

/** The whole command line. Bad usage is one line on standard error and throws CommanderError. */
export function createProgram(context: CommandContext): Command {
  const program = new Command("switchboard")
    .description("Whom to reach about abuse on a Matrix server: a directory of the contacts that operators publish.")
    .version(context.version)
    .option("--json", "machine-readable answers on standard output, one object a line")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeErr: (text) => context.stderr.write(text),
      outputError: (text, write) => write(`${toLine(text)}; see "switchboard help"\n`),
    })
    .addHelpText(
      "after",
      `
Exit status: 0 all is well, 1 the answer is no (errors found, some not reached, not in the directory), 2 not understood,
3 could not be done. Settings come from the environment (DATABASE_URL, SWITCHBOARD_*); the README lists them.

  $ switchboard route @spammer:example.org
  $ switchboard help route`,
    )
    .exitOverride();
  for (const create of CREATE_COMMANDS) adopt(program, create(context), "switchboard");
  return program;
}

/** Adds a command, and gives it and those below it the settings of its parent. `path` is how the parent is called. */
function adopt(parent: Command, command: Command, path: string): void {
  const called = `${path} ${command.name()}`;
  command.copyInheritedSettings(parent).configureOutput({
    outputError: (text, write) => write(`${toLine(text)}; see "${called} --help"\n`),
  });
  for (const child of command.commands) adopt(command, child, called);
  if (!parent.commands.includes(command)) parent.addCommand(command);
}

/** Commander's message on one line, under our name. */
function toLine(text: string): string {
  return text
    .trim()
    .replace(/^error:/, "switchboard:")
    .replace(/\s*\n\s*/g, " ")
    .replace(/\.$/, "");
}
