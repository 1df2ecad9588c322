import type { Instant, ServerKey } from "@switchboard/domain";
import { createAddressGuard } from "./address-guard.ts";
import type { AcquireAddress } from "./connect-origin.ts";
import { createDnsChannels, type DnsChannels } from "./dns-channels.ts";
import { createDirectoryRecordFinder, type DirectoryRecordFinder } from "./find-directory-record.ts";
import { createWishFinder } from "./find-wish.ts";
import type { ProbeNetwork } from "./requester.ts";
import { createHostnameResolver } from "./resolve-hostname.ts";
import { createTrustedContext } from "./secure-context.ts";

export type NetworkOptions = {
  /** `ip` or `ip:port`; null for the system's. */
  readonly dnsServers: readonly string[] | null;
  /** The port of `https://{hostname}/.well-known/matrix/…`: 443 but for tests and private federations. */
  readonly wellKnownPort: number;
  /** CIDRs that the address guard lets through besides the public internet. */
  readonly allowNetworks: readonly string[];
  /** PEM text of certificates to trust besides Node's bundled roots and the system's. */
  readonly extraCa: string | null;
  /** A whole probe, from its first DNS packet, redirects included; waiting in `acquireAddress` is outside it. */
  readonly deadlineMs: number;
  /** One connection, TLS handshake included. */
  readonly connectTimeoutMs: number;
  /** Who asks, with a URL that says how to opt out. */
  readonly userAgent: string;
  readonly clock: () => Instant;
  /**
   * Called before each connection with the address in its canonical spelling, and waited for: where politeness lives.
   * What it answers with is called when that connection is closed. A probe holds one address at a time.
   */
  readonly acquireAddress: AcquireAddress;
  /**
   * Whether the directory knows that the operator of this host asked to be left alone. Asked of each host that another
   * server leads to, by a redirect or a delegation, before anything is connected to there. Where it rejects, so does what
   * asked.
   */
  readonly hasOptedOut: (name: ServerKey) => Promise<boolean>;
};

/**
 * How long one answer of DNS is waited for when the others are there (a longer "Resolution Delay" than RFC 8305 §3: nobody
 * watches).
 */
const DNS_GRACE_PART_OF_DEADLINE = 1 / 10;

/** How long an answer of DNS is waited for when there is enough without it; `deadlineMs` is a whole probe's. */
function dnsGraceMs(deadlineMs: number): number {
  return deadlineMs * DNS_GRACE_PART_OF_DEADLINE;
}

/** Makes what all probes share. Whoever makes it closes the channels. Throws where an option cannot be used. */
export function createProbeNetwork(options: NetworkOptions): {
  readonly network: ProbeNetwork;
  readonly channels: DnsChannels;
  readonly askForRecord: DirectoryRecordFinder;
} {
  const { dnsServers, deadlineMs, wellKnownPort, connectTimeoutMs, acquireAddress, hasOptedOut, clock } = options;
  const channels = createDnsChannels({ dnsServers, deadlineMs });
  const askForRecord = createDirectoryRecordFinder(channels, dnsGraceMs(deadlineMs));
  const network: ProbeNetwork = {
    resolver: createHostnameResolver(channels, dnsGraceMs(deadlineMs)),
    vet: createAddressGuard(options.allowNetworks),
    secureContext: createTrustedContext(options.extraCa),
    connectTimeoutMs,
    acquireAddress,
    findWish: createWishFinder(askForRecord, hasOptedOut),
    clock,
    wellKnownPort,
    requestHeaders: [
      ...["accept", "application/json, */*;q=0.5"],
      ...["accept-encoding", "identity"],
      ...["user-agent", options.userAgent],
    ],
  };
  return { network, channels, askForRecord };
}
