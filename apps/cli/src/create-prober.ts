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
import type { Store } from "@switchboard/store";
import type { CommandContext } from "./command-context.ts";
import { UsageError } from "./usage-error.ts";

/** Who opted out, as far as it is known where there is no directory: nobody. */
const KNOWS_NOBODY: Pick<Store, "isOptedOut"> = { isOptedOut: async () => false };

/**
 * The prober that the environment asks for, with its politeness. In a crawl, `places` are what its probes each hold one of,
 * and leave while they wait for an address. Throws UsageError where the CA file cannot be read.
 */
export async function createEnvironmentProber(
  context: CommandContext,
  crawl: { readonly store: Pick<Store, "isOptedOut">; readonly places: Places } | null,
): Promise<Prober> {
  return createProber(await readOptions(context, crawl?.store ?? KNOWS_NOBODY, crawl?.places));
}

/** The discoverer that the environment asks for. Throws UsageError where the CA file cannot be read. */
export async function createEnvironmentDiscoverer(context: CommandContext): Promise<ServerDiscoverer> {
  const { federationPort } = context.environment;
  return createServerDiscoverer({
    ...(await readOptions(context, KNOWS_NOBODY)),
    federationPort,
    random: context.random,
  });
}

/** The reader of sources that the environment asks for. Throws UsageError where the CA file cannot be read. */
export async function createEnvironmentSourceReader(
  context: CommandContext,
  store: Pick<Store, "isOptedOut">,
): Promise<SourceReader> {
  return createSourceReader(await readOptions(context, store));
}

async function readOptions(
  { environment, version, clock }: CommandContext,
  store: Pick<Store, "isOptedOut">,
  places?: Places,
): Promise<ProberOptions> {
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
    hasOptedOut: store.isOptedOut,
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
