import { fstatSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Federation, startFederation } from "./federation.ts";
import { loadDocuments } from "./load-documents.ts";

/**
 * Runs a federation as a process of its own:
 *
 *     node src/main.ts [--names 300] [--documents DIR] [--suffix fed.test] [--seed 1]
 *                      [--port 0] [--dns-port 0] [--control-port 0]
 *
 * Prints one line of JSON when it is ready, and stops on SIGTERM, SIGINT, or the end of its standard input where that is
 * a pipe (so that it does not outlive a parent that was killed). Exit status 2 and one line where an argument is wrong.
 */
const STDIN = 0;

try {
  const federation = await startFederation(await readOptions());
  process.stdout.write(`${JSON.stringify(announcement(federation))}\n`);
  await untilStopped();
  await federation.stop();
  // A pipe that is being read would keep the process alive.
  process.stdin.destroy();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

async function readOptions() {
  const { values } = parseArgs({
    options: {
      names: { type: "string", default: "300" },
      documents: { type: "string" },
      suffix: { type: "string", default: "fed.test" },
      seed: { type: "string", default: "1" },
      port: { type: "string", default: "0" },
      "dns-port": { type: "string", default: "0" },
      "control-port": { type: "string", default: "0" },
    },
  });
  const { suffix, documents } = values;
  return {
    names:
      documents === undefined ? readNumber("names", values.names, 100_000) : await loadDocuments(documents, suffix),
    suffix,
    seed: readNumber("seed", values.seed, 2 ** 32 - 1),
    wellKnownPort: readNumber("port", values.port, 65_535),
    dnsPort: readNumber("dns-port", values["dns-port"], 65_535),
    controlPort: readNumber("control-port", values["control-port"], 65_535),
  };
}

function readNumber(option: string, text: string, most: number): number {
  const value = Number(text);
  if (/^[0-9]+$/.test(text) && value <= most) return value;
  throw new Error(`--${option} ${text}: write a whole number from 0 to ${most}`);
}

function announcement(federation: Federation) {
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
