import { toIso, toListing } from "@switchboard/contract";
import {
  type Freshness,
  freshnessOf,
  type Instant,
  type Listing,
  type ServerName,
  serverKeyOf,
} from "@switchboard/domain";
import type { NameSource } from "@switchboard/store";
import { Command } from "commander";
import { parseServerNameArgument } from "../argument.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { EXIT } from "../exit-status.ts";
import { createAtOption, findListing } from "../find-listing.ts";
import { formatDocument, formatFindings, plain } from "../format-document.ts";
import { formatSoftware } from "../format-software.ts";
import { formatTable } from "../format-table.ts";
import { formatInstant } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";

/** `switchboard show`: one server's listing. */
export function createShowCommand(context: CommandContext): Command {
  return new Command("show")
    .description("Show what the directory knows about a server.")
    .argument("<name>", "a server name", parseServerNameArgument)
    .addOption(createAtOption())
    .addHelpText(
      "after",
      `
Exit status: 0 found, 1 not in the directory.

  $ switchboard show matrix.org
  $ switchboard show --json --at 2026-03-01 matrix.org`,
    )
    .action(async (serverName: ServerName, options: { at?: Instant }, command: Command) => {
      await withDirectory(context, async (store) => {
        const listing = await findListing(store, { serverName, at: options.at }, context);
        if (listing === null) return context.exitWith(EXIT.not);
        const now = options.at ?? context.clock();
        const freshness = freshnessOf(listing, now);
        const heard = await store.listSources(serverKeyOf(serverName));
        const sources = heard.filter(({ heardAt }) => options.at === undefined || heardAt <= options.at);
        if (formatOf(command) === "json") {
          await context.out.json({ ...toListing(listing, freshness), sources: sources.map(toJsonSource) });
        } else {
          await context.out.text(formatListing(listing, freshness, { now, sources, colors: context.colors }));
        }
      });
    });
}

function toJsonSource({ source, heardAt, lastHeardAt }: NameSource) {
  return { source, heardAt: toIso(heardAt), lastHeardAt: toIso(lastHeardAt) };
}

type Reading = Pick<CommandContext, "colors"> & { readonly now: Instant; readonly sources: readonly NameSource[] };

function formatListing(listing: Listing, freshness: Freshness, { now, sources, colors }: Reading): string {
  const { published } = listing;
  const condition =
    listing.conditionReason === null ? listing.condition : `${listing.condition} (${listing.conditionReason})`;
  const facts = [
    ["condition", `${condition}, since ${formatInstant(listing.conditionSince, now)}`],
    ["freshness", `${freshness.state}: ${freshness.reasons.map(({ message }) => message).join(" ")}`],
    ...(published === null
      ? []
      : [["revision", `${published.revision}, ${published.verdict}, since ${formatInstant(published.since, now)}`]]),
    ...(listing.withdrawnAt === null ? [] : [["withdrawn", formatInstant(listing.withdrawnAt, now)]]),
    ...describeDiscovery(listing.discovery, now),
    ["first seen", formatInstant(listing.firstSeenAt, now)],
    ...sources.map(({ source, heardAt }, place) => [
      place === 0 ? "heard from" : "",
      `${plain(source)}, ${formatInstant(heardAt, now)}`,
    ]),
    ["last probed", formatInstant(listing.lastProbedAt, now)],
    ["confirmed", formatInstant(listing.lastConfirmedAt, now)],
    ["changed", formatInstant(listing.lastChangedAt, now)],
    ...(listing.dueAt === null ? [] : [["next probe", formatInstant(listing.dueAt, now)]]),
  ];
  return [
    colors.bold(plain(listing.serverName)) + (listing.optedOut ? " (its operator asked not to be listed)" : ""),
    published === null ? "  no contacts published" : formatDocument(published.document, "  "),
    formatTable(facts, "  "),
    formatFindings([...(published?.findings ?? []), ...listing.answerFindings], colors, "  "),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** What the server runs and whether other homeservers find it; of the past only the former is known. */
function describeDiscovery(discovery: Listing["discovery"], now: Instant): readonly (readonly string[])[] {
  if (discovery === null) return [];
  const { software, softwareSince, onlineSince, lastAnsweredAt, lastTriedAt, failure } = discovery;
  const rows: (readonly string[])[] = [];
  if (software !== null) {
    rows.push(["software", `${plain(formatSoftware(software))}, since ${formatInstant(softwareSince, now)}`]);
  }
  if (lastTriedAt === null) return rows;
  const silence = failure === null ? "" : ` (${failure}, last looked for ${formatInstant(lastTriedAt, now)})`;
  if (onlineSince !== null) return [...rows, ["online since", `${formatInstant(onlineSince, now)}${silence}`]];
  return [...rows, ["not online", `last answered: ${formatInstant(lastAnsweredAt, now)}${silence}`]];
}
