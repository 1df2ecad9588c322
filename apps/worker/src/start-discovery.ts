import { createDiscoveryCrawler, type Places } from "@switchboard/crawl";
import { DISCOVERY_POLICY } from "@switchboard/domain";
import { createDiscoveryMetrics, type Registry } from "@switchboard/metrics";
import { createServerDiscoverer, type ServerDiscovererOptions } from "@switchboard/probe";
import type { Logger } from "@switchboard/runtime";
import type { Store } from "@switchboard/store";

export type DiscoveryOptions = {
  readonly store: Store;
  readonly network: ServerDiscovererOptions;
  /** Discoveries in flight; 0: none, ever. */
  readonly inFlight: number;
  readonly leaseMs: number;
  /** The places of the support probes, none of which discovery ever takes, and how many hostnames a batch of theirs claims. */
  readonly probes: { readonly places: Places; readonly inFlight: number; readonly batchSize: number };
  readonly registry: Registry;
  readonly log: Logger;
};

const TICK_MS = 500;

/**
 * Finds servers and reads what they run (docs/server-discovery.md) until `signal` aborts, and only while no support probe
 * waits. Resolves when everything under way is recorded or handed back. The leases in Postgres are all it remembers:
 * no queue takes part, so none can lose it.
 */
export async function startDiscovery(options: DiscoveryOptions, signal: AbortSignal): Promise<void> {
  const { store, network, inFlight, leaseMs, probes, registry, log } = options;
  if (inFlight === 0) return;
  const discoverer = createServerDiscoverer(network);
  const crawler = createDiscoveryCrawler({
    store,
    discover: discoverer.discover,
    policy: DISCOVERY_POLICY,
    inFlight,
    leaseMs,
    tickMs: TICK_MS,
    mayBegin: () => noProbeWaits(store, probes),
    random: network.random,
    log,
    onRecorded: (failure) => metrics.countDiscovery(failure),
  });
  const metrics = createDiscoveryMetrics({
    registry,
    inFlight: crawler.inFlight,
    countDue: store.countDueDiscoveries,
    log,
  });
  await crawler.run(signal);
  await discoverer.close();
}

/** A place is free here, and what is due anywhere is no more than one batch: the next tick sees to it. */
async function noProbeWaits(
  store: Pick<Store, "countDue">,
  { places, inFlight, batchSize }: DiscoveryOptions["probes"],
): Promise<boolean> {
  return places.taken() < inFlight && (await store.countDue(batchSize + 1)) <= batchSize;
}
