import { fileURLToPath } from "node:url";
import { COMPILE_CACHE, NODE_FLAGS } from "@switchboard/runtime";
import { type Program, startProgram } from "../start-program.ts";
import type { BenchFederation } from "./bench-federation.ts";

const ENTRY = fileURLToPath(new URL("../../../worker/src/main.ts", import.meta.url));

/** What a worker logs as an error, or worse. */
const COMPLAINT = /"level":[56]0/;

/**
 * The worker as `switchboard up` starts it, told by its environment where the simulated federation is; every other setting is
 * the default. Resolves when it is ready.
 */
export async function startBenchWorker(options: {
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly federation: BenchFederation;
  /** Settings besides. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}): Promise<Program> {
  const { databaseUrl, redisUrl, federation, settings = {}, signal } = options;
  const worker = startProgram({
    name: "the worker",
    entry: ENTRY,
    nodeArgs: NODE_FLAGS,
    env: {
      NODE_ENV: "production",
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      DATABASE_URL: databaseUrl,
      ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
      SWITCHBOARD_DNS_SERVERS: federation.dnsServer,
      SWITCHBOARD_WELL_KNOWN_PORT: String(federation.wellKnownPort),
      SWITCHBOARD_ALLOW_NETWORKS: federation.allowNetworks.join(","),
      SWITCHBOARD_EXTRA_CA_FILE: federation.caFile,
      // Finding out what servers run has a clock of its own, and is no part of a sweep.
      SWITCHBOARD_DISCOVERY_IN_FLIGHT: "0",
      ...settings,
    },
    isComplaint: (line) => COMPLAINT.test(line),
    signal,
  });
  try {
    await worker.line((line) => line.includes('"worker ready"'));
    return worker;
  } catch (error) {
    await worker.stop();
    throw error;
  }
}
