import { toFinding, toHop, toIso, toSupportDocument, toTiming } from "@switchboard/contract";
import {
  type FetchReport,
  type Finding,
  hostnameOf,
  type Interpretation,
  interpretFetch,
  type ProbeOutcome,
  type ServerName,
} from "@switchboard/domain";
import { Command } from "commander";
import pLimit from "p-limit";
import { type CommandContext, formatOf } from "../command-context.ts";
import { createEnvironmentDiscoverer, createEnvironmentProber } from "../create-prober.ts";
import { EXIT } from "../exit-status.ts";
import { formatDiscovery, toDiscoveryResult } from "../format-discovery.ts";
import { formatDocument, formatFindings, plain } from "../format-document.ts";
import { formatTable } from "../format-table.ts";
import { parseServerNames } from "../parse-server-names.ts";
import { reachFederation } from "../reach-federation.ts";

type Probed = { readonly serverName: ServerName; readonly report: FetchReport } & Pick<
  Interpretation,
  "outcome" | "optOut"
>;

/** One way to look at a server. */
type Look = {
  look(serverName: ServerName): Promise<Looked>;
  close(): Promise<void>;
};

/** What a look showed, and whether it is what one wants to see. */
type Looked = { readonly isGood: boolean; toJson(): object; toText(): string };

/** `switchboard probe`: one look at each server, now, without the directory. */
export function createProbeCommand(context: CommandContext): Command {
  return new Command("probe")
    .description("Look at servers now and say what they answer. No database.")
    .argument("<name...>", 'server names; "-" reads them from standard input, one a line')
    .option("--federation", "find the servers as other homeservers do, each step told, and read their version")
    .addHelpText(
      "after",
      `
Without --federation the support document is read. With it, "Resolving server names" of the server-server API is
followed: each step is shown with its number there, what was asked and what came of it, down to the version of the
software. With --json, an object has steps, target, software and, where there is none, reason and detail.

Without --federation: where an operator asks to be left alone, that is said (in JSON: optOut is document or dns, else null),
and where DNS says so nothing is connected to.

Exit status: 0 all publish a document (--federation: tell their version), 1 some do not, 2 a name is none.

  $ switchboard probe matrix.org
  $ switchboard probe --json example.org example.com | jq .outcome
  $ switchboard probe --federation matrix.org`,
    )
    .action(async (given: string[], { federation }: { federation?: true }, command: Command) => {
      const names = await parseServerNames(given, context.stdin);
      const reached = await reachFederation(context);
      const { look, close } = federation === true ? await lookAtFederation(reached) : await lookAtSupport(reached);
      let good = 0;
      try {
        const limit = pLimit(reached.environment.inFlight);
        const looks = names.map((serverName) => limit(() => look(serverName)));
        // A failure is met where its turn comes; until then it is not unhandled.
        for (const each of looks) each.catch(() => {});
        for (const each of looks) {
          const looked = await each;
          if (looked.isGood) good += 1;
          if (formatOf(command) === "json") await context.out.json(looked.toJson());
          else await context.out.text(looked.toText());
        }
      } finally {
        await close();
      }
      context.exitWith(good === names.length ? EXIT.ok : EXIT.not);
    });
}

async function lookAtSupport(context: CommandContext): Promise<Look> {
  const prober = await createEnvironmentProber(context, null);
  return {
    async look(serverName) {
      const report = await prober.probe(hostnameOf(serverName), null, context.signal);
      const { outcome, optOut } = interpretFetch(report, null, serverName);
      const probed: Probed = { serverName, report, outcome, optOut };
      return {
        isGood: probed.outcome.kind === "document",
        toJson: () => toProbeResult(probed),
        toText: () => formatProbe(probed, context),
      };
    },
    close: prober.close,
  };
}

async function lookAtFederation(context: CommandContext): Promise<Look> {
  const discoverer = await createEnvironmentDiscoverer(context);
  return {
    async look(serverName) {
      const report = await discoverer.discover(serverName, null, context.signal);
      return {
        isGood: report.software !== null,
        toJson: () => toDiscoveryResult(report),
        toText: () => formatDiscovery(report, context.colors),
      };
    },
    close: discoverer.close,
  };
}

function findingsOf(outcome: ProbeOutcome): readonly Finding[] {
  return "findings" in outcome ? outcome.findings : [];
}

function toProbeResult({ serverName, report, outcome, optOut }: Probed): object {
  return {
    serverName,
    hostname: report.hostname,
    outcome: { kind: outcome.kind, ...("reason" in outcome ? { reason: outcome.reason } : {}) },
    ...(outcome.kind === "document"
      ? {
          verdict: outcome.verdict,
          rulesVersion: outcome.rulesVersion,
          document: toSupportDocument(outcome.document),
        }
      : {}),
    optOut,
    findings: findingsOf(outcome).map(toFinding),
    hops: report.hops.map(toHop),
    timing: toTiming(report.timing),
    fetchedAt: toIso(report.fetchedAt),
  };
}

const OPT_OUT_WISHES: Readonly<Record<NonNullable<Interpretation["optOut"]>, string>> = {
  document: "the document asks that the server be left alone: a crawl would opt it out, and keep nothing of this",
  dns: "DNS asks that the server be left alone: a crawl would opt it out; nothing was connected to",
};

function formatProbe({ serverName, report, outcome, optOut }: Probed, { colors }: CommandContext): string {
  const paint = outcome.kind === "document" ? colors.green : outcome.kind === "absent" ? colors.yellow : colors.red;
  const why = outcome.kind === "document" ? `, ${outcome.verdict}` : "reason" in outcome ? ` (${outcome.reason})` : "";
  const detail = "detail" in outcome && outcome.detail !== "" ? `  ${plain(outcome.detail)}` : "";
  const hops = report.hops.map(({ url, status, address }) => [
    status === null ? "—" : String(status),
    plain(url),
    address ?? "",
  ]);
  const wish = optOut === null ? "" : `  ${colors.yellow(OPT_OUT_WISHES[optOut])}`;
  return [
    `${colors.bold(plain(serverName))}: ${paint(outcome.kind)}${why} in ${Math.round(report.timing.totalMs)} ms`,
    wish,
    detail,
    formatTable(hops, "  "),
    formatDocument(outcome.kind === "document" ? outcome.document : null, "  "),
    formatFindings(findingsOf(outcome), colors, "  "),
  ]
    .filter((part) => part !== "")
    .join("\n");
}
