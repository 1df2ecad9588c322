import { Command } from "commander";
import { addNames, toOptedOut } from "../add-names.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { EXIT } from "../exit-status.ts";
import { withDirectory } from "../open-directory.ts";
import { describeRejected, readCandidates } from "../parse-server-names.ts";
import { reachFederation } from "../reach-federation.ts";
import { UsageError } from "../usage-error.ts";

/** `switchboard add`: tells the directory of servers. */
export function createAddCommand(context: CommandContext): Command {
  return new Command("add")
    .description("Add server names to the directory. A running worker probes them soon; so does sweep.")
    .argument("[name...]", 'server names; "-" reads them from standard input')
    .option("--file <file>", 'a file of names, one a line, # for comments; "-" is standard input')
    .addHelpText(
      "after",
      `
Names that are none or hopeless (reserved, such as .local; private addresses), and those whose operators opted out, are
listed with the reason (and the line of the file); the others are added.
Exit status: 0 all added or known, 1 some rejected.

  $ switchboard add example.org example.com:8448
  $ switchboard add --file names.txt`,
    )
    .action(async (given: string[], options: { file?: string }, command: Command) => {
      if (given.length === 0 && options.file === undefined) {
        throw new UsageError("name: nothing given; write server names, or --file with a file of them");
      }
      const reached = await reachFederation(context);
      const read = await readCandidates({ names: given, file: options.file ?? null }, reached);
      const { optedOut, ...counts } =
        read.names.length === 0
          ? { added: 0, known: 0, optedOut: [] }
          : await withDirectory(reached, (store) => addNames(store, read.names, "cli"));
      const rejected = [...read.rejected, ...optedOut.map(toOptedOut)];
      for (const one of rejected) context.say(`rejected: ${describeRejected(one)}`);
      if (formatOf(command) === "json") {
        const details = rejected.map(({ line, name, error }) => ({ line, name, ...error }));
        await context.out.json({ ...counts, rejected: details });
      } else {
        await context.out.text(`${counts.added} added, ${counts.known} known already, ${rejected.length} rejected`);
      }
      context.exitWith(rejected.length === 0 ? EXIT.ok : EXIT.not);
    });
}
