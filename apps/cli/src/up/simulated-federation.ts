import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { toPrintable } from "@switchboard/domain";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";

const announcementSchema = z.object({
  dnsServer: z.string(),
  wellKnownPort: z.number().int(),
  caFile: z.string(),
  allowNetworks: z.array(z.string()),
  controlUrl: z.string(),
  namesFile: z.string(),
});

export type SimulatedFederation = z.infer<typeof announcementSchema> & { stop(): Promise<void> };

export type SimulatorOptions = {
  /** How many servers to make up; null for the simulator's own number. */
  readonly names: number | null;
  /** A folder with one document for each server, to be served instead; null for made-up ones. */
  readonly documents: string | null;
};

const ENTRY = fileURLToPath(new URL("../../../../packages/simulator/src/main.ts", import.meta.url));

/** The settings that lead a crawl into the federation. */
export function toFederationVariables(federation: SimulatedFederation): Record<string, string> {
  return {
    SWITCHBOARD_DNS_SERVERS: federation.dnsServer,
    SWITCHBOARD_WELL_KNOWN_PORT: String(federation.wellKnownPort),
    SWITCHBOARD_FEDERATION_PORT: String(federation.wellKnownPort),
    SWITCHBOARD_EXTRA_CA_FILE: federation.caFile,
    SWITCHBOARD_ALLOW_NETWORKS: federation.allowNetworks.join(","),
  };
}

/**
 * Settings that suit a federation on the same machine, for those that were not given: a short deadline, since no network
 * is between, and few probes in flight, since each also costs this machine the answering.
 */
export const FEDERATION_DEFAULTS: Readonly<Record<string, string>> = {
  SWITCHBOARD_PROBE_DEADLINE_MS: "2000",
  SWITCHBOARD_CONNECT_TIMEOUT_MS: "1000",
  SWITCHBOARD_IN_FLIGHT: "64",
};

/** Starts the simulator as a child process, which ends when we do. Throws UsageError where it cannot use its options. */
export async function startSimulator(
  { names, documents }: SimulatorOptions,
  say: (line: string) => void,
): Promise<SimulatedFederation> {
  const args = [
    ...(names === null ? [] : ["--names", String(names)]),
    ...(documents === null ? [] : ["--documents", documents]),
  ];
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
  });
  const ended = once(child, "exit");
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 2_000);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const announced = announcementSchema.parse(JSON.parse(line));
    const sayEnded = (): void => say("the simulated federation has ended; stop and start again");
    child.once("exit", sayEnded);
    return {
      ...announced,
      async stop() {
        child.off("exit", sayEnded);
        child.kill("SIGTERM");
        await ended;
      },
    };
  }
  await ended;
  throw new UsageError(`demo: ${toPrintable(complaint.trim(), 500)}`);
}
