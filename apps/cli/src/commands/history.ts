import { toChange, toRevisionSummary, toSoftwareSpan, toSpan } from "@switchboard/contract";
import { type ServerName, serverKeyOf } from "@switchboard/domain";
import type { RevisionSummary, SoftwareSpan, StoredChange, StoredSpan } from "@switchboard/store";
import { Command } from "commander";
import { parseServerNameArgument } from "../argument.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { EXIT } from "../exit-status.ts";
import { findListing } from "../find-listing.ts";
import { formatChange } from "../format-change.ts";
import { plain } from "../format-document.ts";
import { formatSoftware } from "../format-software.ts";
import { formatTable } from "../format-table.ts";
import { formatInstant } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";
import { readPages } from "../read-pages.ts";

/** `switchboard history`: all that is known about one server's past. */
export function createHistoryCommand(context: CommandContext): Command {
  return new Command("history")
    .description(
      "Show a server's past: contents, changes, when it answered how, and what it ran. The newest comes first.",
    )
    .argument("<name>", "a server name", parseServerNameArgument)
    .addHelpText(
      "after",
      `
With --json each line is a revision, a change, a span or software, as its member "record" says.
Exit status: 0 found, 1 not in the directory.

  $ switchboard history matrix.org`,
    )
    .action(async (serverName: ServerName, _options: unknown, command: Command) => {
      await withDirectory(context, async (store) => {
        const listing = await findListing(store, { serverName }, context);
        if (listing === null) return context.exitWith(EXIT.not);
        const key = serverKeyOf(serverName);
        const revisions = await Array.fromAsync(readPages((page) => store.listRevisions(key, page)));
        const changes = await Array.fromAsync(
          readPages((page) => store.listChanges({ ...page, serverName: key, order: "newest" })),
        );
        const spans = await Array.fromAsync(readPages((page) => store.listSpans(key, page)));
        const software = await store.listSoftware(key);
        if (formatOf(command) === "text") {
          return context.out.text(formatHistory({ serverName, revisions, changes, spans, software }, context));
        }
        for (const one of revisions) await context.out.json({ record: "revision", ...toRevisionSummary(one) });
        for (const one of changes) await context.out.json({ record: "change", ...toChange(one, "with-addresses") });
        for (const one of spans) await context.out.json({ record: "span", ...toSpan(one) });
        for (const one of software) await context.out.json({ record: "software", ...toSoftwareSpan(one) });
      });
    });
}

type History = {
  readonly serverName: ServerName;
  readonly revisions: readonly RevisionSummary[];
  readonly changes: readonly StoredChange[];
  readonly spans: readonly StoredSpan[];
  readonly software: readonly SoftwareSpan[];
};

function formatHistory(history: History, { colors, clock }: CommandContext): string {
  const { serverName, revisions, changes, spans, software } = history;
  const now = clock();
  const section = (title: string, rows: readonly (readonly string[])[]): string[] =>
    rows.length === 0 ? [] : [`  ${colors.dim(title)}`, formatTable(rows, "    ")];
  return [
    colors.bold(plain(serverName)),
    ...section(
      "contents",
      revisions.map((one) => [
        `revision ${one.revision}`,
        one.verdict,
        `first seen ${formatInstant(one.firstSeenAt, now)}`,
        one.fingerprint.slice(0, 12),
      ]),
    ),
    ...section(
      "changes",
      changes.map((one) => [formatInstant(one.at, now), one.kind, formatChange(one.change)]),
    ),
    ...section(
      "answers",
      spans.map((one) => [
        `${formatInstant(one.firstAt, now)} to ${formatInstant(one.lastAt, now)}`,
        one.revision === null ? one.kind : `${one.kind}, revision ${one.revision}`,
        `${one.count} ${one.count === 1 ? "probe" : "probes"}`,
        Object.entries(one.reasons)
          .map(([reason, count]) => `${reason} × ${count}`)
          .join(", "),
      ]),
    ),
    ...section(
      "software",
      software.map((one) => [
        `${formatInstant(one.firstAt, now)} to ${formatInstant(one.lastAt, now)}`,
        plain(formatSoftware(one)),
      ]),
    ),
  ].join("\n");
}
