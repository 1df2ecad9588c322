import { promises as dns } from "node:dns";

/** Resolvers on c-ares, which neither uses libuv's small thread pool nor reads /etc/hosts. */
export type DnsChannels = {
  /** The channel whose turn it is. */
  next(): dns.Resolver;
  /** Drops what is still being asked. */
  close(): void;
};

/** One c-ares channel loses answers in bursts of hundreds of names; with four none was lost. */
const CHANNELS = 4;
const TRIES = 3;
/** Silence then takes under half of the deadline, if it is one server's. */
const TRY_PART_OF_DEADLINE = 1 / 7.5;
const MIN_TRY_MS = 100;
const MAX_TRY_MS = 2_000;

/**
 * Opens the channels. `dnsServers` are `ip` or `ip:port`, null for the system's; `deadlineMs` is a whole probe's, inside
 * which silence must be noticed. Throws where a server is no IP address.
 */
export function createDnsChannels(options: {
  readonly dnsServers: readonly string[] | null;
  readonly deadlineMs: number;
}): DnsChannels {
  const { dnsServers, deadlineMs } = options;
  const timeout = Math.round(Math.min(MAX_TRY_MS, Math.max(MIN_TRY_MS, deadlineMs * TRY_PART_OF_DEADLINE)));
  const channels = Array.from({ length: CHANNELS }, () => {
    // Without the cap c-ares doubles the time at each try, to three times as much in all.
    const channel = new dns.Resolver({ timeout, tries: TRIES, maxTimeout: timeout });
    if (dnsServers !== null) channel.setServers(dnsServers);
    return channel;
  });
  const turns = cycle(channels);
  return {
    next: () => turns.next().value,
    close() {
      for (const channel of channels) channel.cancel();
    },
  };
}

function* cycle<T>(items: readonly T[]): Generator<T, never> {
  for (;;) yield* items;
}
