import { type Crawler, createDiscoveryCrawler, type Places } from "@switchboard/crawl";
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
  /** The support probes, with their places, of which discovery takes none, and how many hostnames a batch of theirs claims. */
  readonly probes: {
    readonly crawler: Pick<Crawler, "hasOutage">;
    readonly places: Pick<Places, "isFull">;
    readonly batchSize: number;
  };
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
    mayBegin: () => mayDiscover(store, probes),
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

/**
 * No probe waits: none for a place here, and what is due anywhere is no more than one batch, which the next tick sees to.
 * Nor is our own network away, which would be taken for the servers' silence.
 */
export async function mayDiscover(
  store: Pick<Store, "countDue">,
  { crawler, places, batchSize }: DiscoveryOptions["probes"],
): Promise<boolean> {
  if (crawler.hasOutage() || places.isFull()) return false;
  return (await store.countDue(batchSize + 1)) <= batchSize;
}
