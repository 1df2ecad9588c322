import { migrate } from "@switchboard/store";
import { Command } from "commander";
import { type CommandContext, formatOf } from "../command-context.ts";
import { withDatabase } from "../open-directory.ts";

/** `switchboard migrate`: brings the database up to date and does nothing else. */
export function createMigrateCommand(context: CommandContext): Command {
  return new Command("migrate")
    .description("Bring the database up to date. Other commands do so themselves; a deployment does it first.")
    .addHelpText("after", "\n  $ DATABASE_URL=postgresql://db.example.org/switchboard switchboard migrate")
    .action(async (_options: unknown, command: Command) => {
      const { applied } = await withDatabase(context, (connectionString) => migrate({ connectionString }));
      if (formatOf(command) === "json") await context.out.json({ applied });
      else
        await context.out.text(
          applied.length === 0 ? "up to date" : applied.map((name) => `applied ${name}`).join("\n"),
        );
    });
}
