import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Federation } from "@switchboard/simulator";

const BIN = fileURLToPath(new URL("../bin/switchboard.mjs", import.meta.url));

export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly variables?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** Starts the real command line, with no settings but those given. */
export function startCli(args: readonly string[], variables: RunOptions["variables"] = {}): ChildProcess {
  return spawn(process.execPath, [BIN, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...variables },
  });
}

/** Runs the real command line to its end. */
export async function runCli(args: readonly string[], { variables, input = "" }: RunOptions = {}): Promise<Ran> {
  const child = startCli(args, variables);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.stdin?.on("error", () => {});
  child.stdin?.end(input);
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}

/** The JSON objects of an output, one a line. */
export function jsonLines(stdout: string): ReturnType<typeof JSON.parse>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Settings that lead a crawl into a simulated federation, gently enough for a busy machine. */
export function federationVariables(federation: Federation): Record<string, string> {
  return {
    SWITCHBOARD_DNS_SERVERS: federation.dnsServer,
    SWITCHBOARD_WELL_KNOWN_PORT: String(federation.wellKnownPort),
    SWITCHBOARD_FEDERATION_PORT: String(federation.wellKnownPort),
    SWITCHBOARD_EXTRA_CA_FILE: federation.caFile,
    SWITCHBOARD_ALLOW_NETWORKS: federation.allowNetworks.join(","),
    SWITCHBOARD_PROBE_DEADLINE_MS: "8000",
    SWITCHBOARD_CONNECT_TIMEOUT_MS: "4000",
    SWITCHBOARD_IN_FLIGHT: "24",
  };
}
