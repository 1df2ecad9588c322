import { toStats } from "@switchboard/contract";
import type { Stats } from "@switchboard/store";
import { Command } from "commander";
import { type CommandContext, formatOf } from "../command-context.ts";
import { plain } from "../format-document.ts";
import { formatSoftware } from "../format-software.ts";
import { formatTable } from "../format-table.ts";
import { withDirectory } from "../open-directory.ts";

/** `switchboard stats`: the directory in numbers. */
export function createStatsCommand(context: CommandContext): Command {
  return new Command("stats")
    .description("Show the directory in numbers: how many servers publish contacts, with which roles and findings.")
    .addHelpText("after", "\n  $ switchboard stats --json | jq .outcomes")
    .action(async (_options: unknown, command: Command) => {
      await withDirectory(context, async (store) => {
        const stats = await store.readStats();
        if (formatOf(command) === "json") await context.out.json(toStats(stats));
        else await context.out.text(formatStats(stats, context));
      });
    });
}

function formatStats(stats: Stats, { colors }: CommandContext): string {
  const section = (title: string, rows: readonly (readonly [string, number])[]): string[] => {
    const shown = rows
      .filter(([, count]) => count > 0)
      .map(([name, count]) => [String(count).padStart(7), plain(name)]);
    return shown.length === 0 ? [] : [colors.bold(title), formatTable(shown)];
  };
  return [
    ...section("directory", [
      ["server names", stats.names],
      ["hostnames", stats.hostnames],
      ["never probed yet", stats.unprobed],
      ["due now", stats.due],
      ["opted out", stats.optedOut],
      ["publish contacts", stats.published],
    ]),
    ...section("last answers", Object.entries(stats.outcomes)),
    ...section(
      "reasons",
      stats.reasons.map(({ kind, reason, count }) => [`${kind}: ${reason}`, count] as const),
    ),
    ...section("verdicts", Object.entries(stats.verdicts)),
    ...section(
      "roles",
      stats.roles.map(({ role, count }) => [role, count] as const),
    ),
    ...section(
      "findings",
      stats.findings.map(({ code, count }) => [code, count] as const),
    ),
    ...section("for other homeservers", [
      ["online", stats.online],
      ["offline", stats.offline],
    ]),
    ...section(
      "software of those online",
      stats.software.map(({ name, count }) => [name, count] as const),
    ),
    ...section(
      "versions of those online",
      stats.versions.map((software) => [formatSoftware(software), software.count] as const),
    ),
    ...section(
      "names by source",
      stats.sources.map(
        ({ source, names, run }) =>
          [run?.error == null ? source : `${source} (its last reading failed)`, names] as const,
      ),
    ),
    ...section(
      "names set aside",
      stats.setAside.map(({ code, count }) => [code, count] as const),
    ),
    ...section("new names held back", [
      ["in all", stats.heldBack.names],
      ...stats.heldBack.domains.map(({ domain, count }) => [domain, count] as const),
    ]),
  ].join("\n");
}
