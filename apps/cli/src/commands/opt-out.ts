import { hostnameOf, type RegistrableDomain, type ServerName, serverKeyOf } from "@switchboard/domain";
import type { OptOutSummary, Store } from "@switchboard/store";
import { Command } from "commander";
import { parseServerNameArgument } from "../argument.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { toDomain } from "../domain-of-server.ts";
import { plain } from "../format-document.ts";
import { withDirectory } from "../open-directory.ts";

/** `switchboard optout`: leaves a server alone for good, as its operator wishes. */
export function createOptOutCommand(context: CommandContext): Command {
  return new Command("optout")
    .description(
      "Leave a server alone because its operator asks: no probes any more, and what was published is erased.",
    )
    .argument("<name>", "a server name, in the directory or not", parseServerNameArgument)
    .option("--domain", "every name at or under its registrable domain, those heard of later included")
    .addHelpText(
      "after",
      `
Only the fact stays: what was erased cannot be had back, and nothing that is added, submitted or listed brings the name
back. Only "switchboard optin" does. Operators can opt out by themselves, too: docs/opting-out.md says how.
With --json the answer is {serverName, hostname, domain, optedOut, optedOutBefore}; the last two count known hostnames.
Exit status: 0 opted out, now or before.

  $ switchboard optout example.org
  $ switchboard optout --domain matrix.example.org`,
    )
    .action(async (serverName: ServerName, options: { domain?: true }, command: Command) => {
      const domain = options.domain === true ? toDomain(serverName) : null;
      const summary = await withDirectory(context, (store) => optOut(store, serverName, domain));
      const hostname = hostnameOf(serverName);
      if (formatOf(command) === "json") {
        await context.out.json({ serverName: serverKeyOf(serverName), hostname, domain, ...summary });
      } else {
        await context.out.text(domain === null ? describeOne(hostname, summary) : describeDomain(domain, summary));
      }
    });
}

function optOut(
  store: Pick<Store, "optOut" | "optOutDomain">,
  serverName: ServerName,
  domain: RegistrableDomain | null,
): Promise<OptOutSummary> {
  return domain === null ? store.optOut(serverKeyOf(serverName)) : store.optOutDomain(domain);
}

function describeOne(hostname: string, { optedOut }: OptOutSummary): string {
  return optedOut === 0
    ? `${plain(hostname)} was opted out before`
    : `${plain(hostname)} is opted out: it is not probed any more, and what it published is erased`;
}

function describeDomain(domain: RegistrableDomain, { optedOut, optedOutBefore }: OptOutSummary): string {
  return (
    `${plain(domain)} and every name under it are opted out: ${count(optedOut)} now, ${optedOutBefore} before; ` +
    "names heard of later are not taken in"
  );
}

function count(hostnames: number): string {
  return `${hostnames} known ${hostnames === 1 ? "hostname" : "hostnames"}`;
}
