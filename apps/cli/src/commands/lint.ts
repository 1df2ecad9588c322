import { toLintResult } from "@switchboard/contract";
import {
  type DocumentContext,
  MAX_BODY_BYTES,
  type ParsedSupport,
  parseSupportDocument,
  type ServerName,
} from "@switchboard/domain";
import { Command } from "commander";
import { parseServerNameArgument, readBytes } from "../argument.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { EXIT, type ExitStatus } from "../exit-status.ts";
import { countFindings, formatDocument, formatFindings, plain } from "../format-document.ts";
import { UsageError } from "../usage-error.ts";

/** `switchboard lint`: findings on support documents, without network or database. */
export function createLintCommand(context: CommandContext): Command {
  return new Command("lint")
    .description("Check support documents against the specification. No network, no database.")
    .argument("<file...>", 'files to check; "-" is standard input')
    .option("--server <name>", "whose document it is: some findings need to know", parseServerNameArgument)
    .addHelpText(
      "after",
      `
Exit status: 0 no errors, 1 errors found, 2 a file cannot be read.

  $ switchboard lint --server example.org support.json
  $ curl -s https://example.org/.well-known/matrix/support | switchboard lint -`,
    )
    .action(async (files: string[], options: { server?: ServerName }, command: Command) => {
      const documentContext: DocumentContext = options.server === undefined ? {} : { server: options.server };
      let status: ExitStatus = EXIT.ok;
      for (const file of files) {
        try {
          // One byte more than may be served tells the parser that a document is too large.
          const bytes = await readBytes(file, context.stdin, MAX_BODY_BYTES + 1);
          const parsed = parseSupportDocument(bytes, documentContext);
          if (formatOf(command) === "json") await context.out.json({ file, ...toLintResult(parsed) });
          else await context.out.text(formatLint(file, parsed, context));
          if (status === EXIT.ok && parsed.findings.some(({ severity }) => severity === "error")) status = EXIT.not;
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          context.say(`switchboard: ${error.message}`);
          status = EXIT.usage;
        }
      }
      context.exitWith(status);
    });
}

function formatLint(file: string, parsed: ParsedSupport, { colors }: CommandContext): string {
  const paint = { valid: colors.green, usable: colors.yellow, unusable: colors.red }[parsed.verdict];
  return [
    `${plain(file)}: ${paint(parsed.verdict)} (${countFindings(parsed.findings)})`,
    formatDocument(parsed.document, "  "),
    formatFindings(parsed.findings, colors, "  "),
  ]
    .filter((part) => part !== "")
    .join("\n");
}
