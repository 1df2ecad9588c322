import { toIso } from "@switchboard/contract";
import {
  DIRECTORY_KEY,
  hostnameOf,
  type OptOutWay,
  type RegistrableDomain,
  type ServerName,
  serverKeyOf,
} from "@switchboard/domain";
import type { OptInEnd, OptInSummary, Store } from "@switchboard/store";
import { Command } from "commander";
import { parseServerNameArgument } from "../argument.ts";
import { type CommandContext, formatOf } from "../command-context.ts";
import { toDomain } from "../domain-of-server.ts";
import { EXIT } from "../exit-status.ts";
import { plain } from "../format-document.ts";
import { formatInstant } from "../format-time.ts";
import { withDirectory } from "../open-directory.ts";

/** `switchboard optin`: lists a server again, as its operator wishes by now. */
export function createOptInCommand(context: CommandContext): Command {
  return new Command("optin")
    .description("List a server again that opted out, because its operator asks: it is probed at once.")
    .argument("<name>", "a server name that opted out", parseServerNameArgument)
    .option("--domain", "every name at or under its registrable domain that opted out with it")
    .addHelpText(
      "after",
      `
What was erased stays erased. Where the server's document or its DNS still says no, the next probe opts it out again.
With --json the answer is {serverName, hostname, domain, optedIn, stillOptedOut, way, since}: two counts of hostnames; by
what it had opted out (command, domain, document, dns) and when, which are null with --domain.
Exit status: 0 opted in, 1 it had not opted out, or only with its domain.

  $ switchboard optin example.org
  $ switchboard optin --domain matrix.example.org`,
    )
    .action(async (serverName: ServerName, options: { domain?: true }, command: Command) => {
      const domain = options.domain === true ? toDomain(serverName) : null;
      const answer = await withDirectory(context, (store) => optIn(store, serverName, domain));
      if (formatOf(command) === "json") {
        const hostname = hostnameOf(serverName);
        await context.out.json({ serverName: serverKeyOf(serverName), hostname, domain, ...answer.json });
      } else if (answer.isDone) {
        await context.out.text(answer.text(context));
      } else {
        context.say(`switchboard: ${answer.text(context)}`);
      }
      context.exitWith(answer.isDone ? EXIT.ok : EXIT.not);
    });
}

type Answer = {
  readonly isDone: boolean;
  readonly json: OptInSummary & { readonly way: OptOutWay | null; readonly since: string | null };
  text(context: CommandContext): string;
};

async function optIn(
  store: Pick<Store, "optIn" | "optInDomain">,
  serverName: ServerName,
  domain: RegistrableDomain | null,
): Promise<Answer> {
  return domain === null
    ? describeOne(serverName, await store.optIn(serverKeyOf(serverName)))
    : describeDomain(domain, await store.optInDomain(domain));
}

const WAYS: Readonly<Record<OptOutWay, string>> = {
  command: "by command",
  domain: "with its domain",
  document: `by its support document; while that still says so in ${DIRECTORY_KEY}, the next probe opts it out again`,
  dns: "by its DNS; while that still says so, the next probe opts it out again",
};

function describeOne(serverName: ServerName, end: OptInEnd): Answer {
  const hostname = plain(hostnameOf(serverName));
  if (end.kind === "opted-in") {
    const { way, since } = end;
    return {
      isDone: true,
      json: { optedIn: 1, stillOptedOut: 0, way, since: toIso(since) },
      text: ({ clock }) =>
        `${hostname} is listed again and due now; it had opted out ${formatInstant(since, clock())}, ${WAYS[way]}`,
    };
  }
  const isOut = end.kind === "domain-opted-out";
  return {
    isDone: false,
    json: { optedIn: 0, stillOptedOut: isOut ? 1 : 0, way: null, since: null },
    text: () =>
      isOut
        ? `${hostname} opted out with all of ${plain(end.domain)}: use --domain, if all of it is to come back`
        : `${hostname} has not opted out`,
  };
}

function describeDomain(domain: RegistrableDomain, summary: OptInSummary | null): Answer {
  const { optedIn, stillOptedOut } = summary ?? { optedIn: 0, stillOptedOut: 0 };
  return {
    isDone: summary !== null,
    json: { optedIn, stillOptedOut, way: null, since: null },
    text: () =>
      summary === null
        ? `${plain(domain)} has not opted out as a whole`
        : `${plain(domain)} is opted in: known hostnames listed again and due now: ${optedIn}; opted out by themselves: ${stillOptedOut}`,
  };
}
