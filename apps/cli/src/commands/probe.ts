import { toFinding, toHop, toIso, toSupportDocument, toTiming } from "@switchboard/contract";
import {
  type FetchReport,
  type Finding,
  hostnameOf,
  interpretFetch,
  type ProbeOutcome,
  type ServerName,
} from "@switchboard/domain";
import { Command } from "commander";
import pLimit from "p-limit";
import { type CommandContext, formatOf } from "../command-context.ts";
import { createEnvironmentProber } from "../create-prober.ts";
import { EXIT } from "../exit-status.ts";
import { formatDocument, formatFindings, plain } from "../format-document.ts";
import { formatTable } from "../format-table.ts";
import { parseServerNames } from "../parse-server-names.ts";

type Probed = { readonly serverName: ServerName; readonly report: FetchReport; readonly outcome: ProbeOutcome };

/** `switchboard probe`: one look at each server, now, without the directory. */
export function createProbeCommand(context: CommandContext): Command {
  return new Command("probe")
    .description("Look at servers now and say what they answer. No database.")
    .argument("<name...>", 'server names; "-" reads them from standard input, one a line')
    .addHelpText(
      "after",
      `
Exit status: 0 all publish a document, 1 some do not, 2 a name is none.

  $ switchboard probe matrix.org
  $ switchboard probe --json example.org example.com | jq .outcome`,
    )
    .action(async (given: string[], _options: unknown, command: Command) => {
      const names = await parseServerNames(given, context.stdin);
      const prober = await createEnvironmentProber(context);
      let documents = 0;
      try {
        const limit = pLimit(context.environment.inFlight);
        const probes = names.map((serverName) =>
          limit(async (): Promise<Probed> => {
            const report = await prober.probe(hostnameOf(serverName), null, context.signal);
            return { serverName, report, outcome: interpretFetch(report, null, serverName).outcome };
          }),
        );
        // A failure is met where its turn comes; until then it is not unhandled.
        for (const probe of probes) probe.catch(() => {});
        for (const probe of probes) {
          const probed = await probe;
          if (probed.outcome.kind === "document") documents += 1;
          if (formatOf(command) === "json") await context.out.json(toProbeResult(probed));
          else await context.out.text(formatProbe(probed, context));
        }
      } finally {
        await prober.close();
      }
      context.exitWith(documents === names.length ? EXIT.ok : EXIT.not);
    });
}

function findingsOf(outcome: ProbeOutcome): readonly Finding[] {
  return "findings" in outcome ? outcome.findings : [];
}

function toProbeResult({ serverName, report, outcome }: Probed): object {
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
    findings: findingsOf(outcome).map(toFinding),
    hops: report.hops.map(toHop),
    timing: toTiming(report.timing),
    fetchedAt: toIso(report.fetchedAt),
  };
}

function formatProbe({ serverName, report, outcome }: Probed, { colors }: CommandContext): string {
  const paint = outcome.kind === "document" ? colors.green : outcome.kind === "absent" ? colors.yellow : colors.red;
  const why = outcome.kind === "document" ? `, ${outcome.verdict}` : "reason" in outcome ? ` (${outcome.reason})` : "";
  const detail = "detail" in outcome && outcome.detail !== "" ? `  ${plain(outcome.detail)}` : "";
  const hops = report.hops.map(({ url, status, address }) => [
    status === null ? "—" : String(status),
    plain(url),
    address ?? "",
  ]);
  return [
    `${colors.bold(plain(serverName))}: ${paint(outcome.kind)}${why} in ${Math.round(report.timing.totalMs)} ms`,
    detail,
    formatTable(hops, "  "),
    formatDocument(outcome.kind === "document" ? outcome.document : null, "  "),
    formatFindings(findingsOf(outcome), colors, "  "),
  ]
    .filter((part) => part !== "")
    .join("\n");
}
