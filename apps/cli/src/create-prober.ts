import { readFile } from "node:fs/promises";
import { createAddressLimiter, type Places } from "@switchboard/crawl";
import { toPrintable } from "@switchboard/domain";
import {
  createProber,
  createServerDiscoverer,
  createSourceReader,
  type Prober,
  type ProberOptions,
  type ServerDiscoverer,
  type SourceReader,
} from "@switchboard/probe";
import { systemStopwatch, userAgentOf } from "@switchboard/runtime";
import type { CommandContext } from "./command-context.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The prober that the environment asks for, with its politeness; probes that each hold one of `places` leave it while they
 * wait for an address. Throws UsageError where the CA file cannot be read.
 */
export async function createEnvironmentProber(context: CommandContext, places?: Places): Promise<Prober> {
  return createProber(await readOptions(context, places));
}

/** The discoverer that the environment asks for. Throws UsageError where the CA file cannot be read. */
export async function createEnvironmentDiscoverer(context: CommandContext): Promise<ServerDiscoverer> {
  const { federationPort } = context.environment;
  return createServerDiscoverer({ ...(await readOptions(context)), federationPort, random: context.random });
}

/** The reader of sources that the environment asks for. Throws UsageError where the CA file cannot be read. */
export async function createEnvironmentSourceReader(context: CommandContext): Promise<SourceReader> {
  return createSourceReader(await readOptions(context));
}

async function readOptions({ environment, version, clock }: CommandContext, places?: Places): Promise<ProberOptions> {
  const limiter = createAddressLimiter({
    inFlight: environment.perAddressInFlight,
    perSecond: environment.perAddressPerSecond,
    stopwatch: systemStopwatch(),
  });
  return {
    dnsServers: environment.dnsServers,
    wellKnownPort: environment.wellKnownPort,
    allowNetworks: environment.allowNetworks,
    extraCa: environment.extraCaFile === null ? null : await readCertificates(environment.extraCaFile),
    deadlineMs: environment.probeDeadlineMs,
    connectTimeoutMs: environment.connectTimeoutMs,
    userAgent: userAgentOf(version, environment),
    clock,
    acquireAddress: places === undefined ? limiter.acquire : limiter.acquireWithin(places),
  };
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(
      `SWITCHBOARD_EXTRA_CA_FILE names ${toPrintable(path, 200)}, which cannot be read: give the path of a PEM file`,
      { cause: error },
    );
  }
}
