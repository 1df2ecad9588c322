import { type Addresses, exportColumns, toExportRecords, toExportRow } from "@switchboard/contract";
import { freshnessOf } from "@switchboard/domain";
import { Command, Option } from "commander";
import { stringify } from "csv-stringify/sync";
import type { CommandContext } from "../command-context.ts";
import { withDirectory } from "../open-directory.ts";

type ExportOptions = { format: "ndjson" | "csv"; addresses: boolean };

/** `switchboard export`: the whole directory, streamed. */
export function createExportCommand(context: CommandContext): Command {
  return new Command("export")
    .description("Write the whole directory to standard output.")
    .addOption(
      new Option("--format <format>", "one JSON object a line, or CSV with a row for each contact")
        .choices(["ndjson", "csv"])
        .default("ndjson"),
    )
    .option("--no-addresses", "leave addresses out: in bulk they are a spam list")
    .addHelpText("after", "\n  $ switchboard export --format csv --no-addresses > directory.csv")
    .action(async ({ format, addresses }: ExportOptions) => {
      const told: Addresses = addresses ? "with-addresses" : "without-addresses";
      const columns = exportColumns(told);
      await withDirectory(context, async (store) => {
        if (format === "csv")
          await context.out.text(toCsv([Object.fromEntries(columns.map((name) => [name, name]))], columns));
        for await (const listing of store.streamListings()) {
          context.signal.throwIfAborted();
          const row = toExportRow(listing, freshnessOf(listing, context.clock()), told);
          if (format === "csv") await context.out.text(toCsv(toExportRecords(row), columns));
          else await context.out.json(row);
        }
      });
    });
}

/** Formulas are escaped: these cells are other people's text, and spreadsheets run what starts with `=` (ASVS 1.2.10). */
function toCsv(records: readonly Record<string, string>[], columns: readonly string[]): string {
  return stringify([...records], { columns: [...columns], escape_formulas: true }).replace(/\n$/, "");
}
