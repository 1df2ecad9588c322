import { changeKindSchema, toChange } from "@switchboard/contract";
import { type ChangeKind, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { ChangeFilter, ChangePage, Store } from "@switchboard/store";
import { Command, InvalidArgumentError } from "commander";
import { parseCountArgument, parseServerNameArgument } from "../argument.ts";
import { type CommandContext, formatOf, type OutputFormat } from "../command-context.ts";
import { formatChange } from "../format-change.ts";
import { plain } from "../format-document.ts";
import { formatTable } from "../format-table.ts";
import { formatInstant } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";
import { UsageError } from "../usage-error.ts";

const START = "start";
const SHOWN = 50;
const PAGE_SIZE = 500;

type ChangesOptions = { since?: string; server?: ServerName; kind?: readonly ChangeKind[]; limit?: number };

/** `switchboard changes`: the change feed. */
export function createChangesCommand(context: CommandContext): Command {
  return new Command("changes")
    .description(
      `Show what changed: the ${SHOWN} newest changes, or with --since all after a cursor, the oldest first.`,
    )
    .option("--since <cursor>", `go on after this cursor; "${START}" is the beginning of the feed`)
    .option("--server <name>", "only of this server", parseServerNameArgument)
    .option("--kind <kinds>", "only these kinds, between commas", parseKinds)
    .option("--limit <count>", "at most so many", parseCountArgument)
    .addHelpText(
      "after",
      `
With --since the last line (with --json its member "resumeCursor", else on standard error) tells where to go on: the
feed never skips a change.

  $ switchboard changes --server matrix.org
  $ switchboard changes --json --since start`,
    )
    .action(async (options: ChangesOptions, command: Command) => {
      const filter = {
        ...(options.server === undefined ? {} : { serverName: serverKeyOf(options.server) }),
        ...(options.kind === undefined ? {} : { kinds: options.kind }),
      };
      const format = formatOf(command);
      await withDirectory(context, async (store) => {
        if (options.since !== undefined) {
          return printFeed({ store, filter, since: options.since, limit: options.limit ?? null }, format, context);
        }
        const page = await readPage(store, { ...filter, order: "newest", limit: options.limit ?? SHOWN });
        return printPage(page, { format, resumable: "no" }, context);
      });
    });
}

type Feed = {
  readonly store: Pick<Store, "listChanges">;
  readonly filter: Pick<ChangeFilter, "serverName" | "kinds">;
  readonly since: string;
  readonly limit: number | null;
};

async function printFeed(feed: Feed, format: OutputFormat, context: CommandContext): Promise<void> {
  let left = feed.limit ?? Number.POSITIVE_INFINITY;
  let cursor = feed.since === START ? null : feed.since;
  for (;;) {
    const page = await readPage(feed.store, {
      ...feed.filter,
      order: "oldest",
      limit: Math.min(PAGE_SIZE, left),
      ...(cursor === null ? {} : { cursor }),
    });
    await printPage(page, { format, resumable: "yes" }, context);
    left -= page.items.length;
    cursor = page.resumeCursor;
    if (page.nextCursor === null || left <= 0) break;
  }
  if (format === "text") context.say(`go on with: switchboard changes --since ${cursor}`);
}

async function readPage(store: Pick<Store, "listChanges">, filter: ChangeFilter): Promise<ChangePage> {
  const page = await store.listChanges(filter);
  if (page.ok) return page.value;
  throw new UsageError(
    `--since: ${plain(filter.cursor ?? "")}: ${page.error.message}; use a cursor that this command gave, or "${START}"`,
  );
}

async function printPage(
  page: ChangePage,
  how: { readonly format: OutputFormat; readonly resumable: "yes" | "no" },
  { out, clock }: CommandContext,
): Promise<void> {
  if (how.format === "json") {
    for (const [index, change] of page.items.entries()) {
      const isLast = index === page.items.length - 1;
      // Only the last line of a page may carry its cursor: going on from there skips nothing that was not printed.
      const resume = how.resumable === "yes" && isLast ? { resumeCursor: page.resumeCursor } : {};
      await out.json({ ...toChange(change, "with-addresses"), ...resume });
    }
    return;
  }
  const now = clock();
  const rows = page.items.map((one) => [
    formatInstant(one.at, now),
    plain(one.serverNames.join(" ") || one.hostname),
    one.kind,
    formatChange(one.change),
  ]);
  if (rows.length > 0) await out.text(formatTable(rows));
}

function parseKinds(text: string): readonly ChangeKind[] {
  return text.split(",").map((kind) => {
    const parsed = changeKindSchema.safeParse(kind.trim());
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`Use some of ${changeKindSchema.options.join(", ")}.`);
  });
}
