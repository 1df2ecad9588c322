import { fstatSync } from "node:fs";
import { type Federation, type FederationOptions, startFederation } from "./federation.ts";
import type { FederationAnnouncement } from "./federation-process.ts";
import { loadDocuments } from "./load-documents.ts";
import { parseArguments } from "./parse-arguments.ts";

/**
 * Runs a federation as a process of its own:
 *
 *     node src/main.ts [--names 300] [--mix plausible|even] [--documents DIR] [--suffix fed.test] [--seed 1]
 *                      [--port 0] [--dns-port 0] [--control-port 0]
 *
 * Prints one line of JSON when it is ready, and stops on SIGTERM, SIGINT, or the end of its standard input where that is
 * a pipe (so that it does not outlive a parent that was killed). Exit status 2 and one line where an argument is wrong.
 */
const STDIN = 0;

try {
  const federation = await startFederation(await optionsOf(process.argv.slice(2)));
  process.stdout.write(`${JSON.stringify(announcementOf(federation))}\n`);
  await untilStopped();
  await federation.stop();
  // A pipe that is being read would keep the process alive.
  process.stdin.destroy();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function optionsOf(argv: readonly string[]): Promise<FederationOptions> {
  const parsed = parseArguments(argv);
  if (!parsed.ok) throw new Error(parsed.error);
  const { names, documents, ...options } = parsed.value;
  return { ...options, names: documents === null ? names : await loadDocuments(documents, options.suffix) };
}

function announcementOf(federation: Federation): FederationAnnouncement {
  const { dnsServer, wellKnownPort, caFile, allowNetworks, controlUrl, namesFile } = federation;
  const names = federation.names().length;
  return { dnsServer, wellKnownPort, caFile, allowNetworks, controlUrl, namesFile, names };
}

function untilStopped(): Promise<void> {
  return new Promise((stop) => {
    process.once("SIGTERM", () => stop());
    process.once("SIGINT", () => stop());
    const input = fstatSync(STDIN);
    if (input.isFIFO() || input.isSocket()) process.stdin.once("end", () => stop()).resume();
  });
}
