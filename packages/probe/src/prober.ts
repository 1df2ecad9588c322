import type { FetchReport, Hostname, Instant, Validator } from "@switchboard/domain";
import { createAddressGuard } from "./address-guard.ts";
import type { AcquireAddress } from "./connect-origin.ts";
import { type Deadline, DeadlineExceeded, startDeadline } from "./deadline.ts";
import { type FetchEnd, failed } from "./fetch-end.ts";
import { followHops } from "./follow-hops.ts";
import { startTrace } from "./probe-trace.ts";
import type { Probe, ProbeNetwork } from "./requester.ts";
import { createHostnameResolver } from "./resolve-hostname.ts";
import { createTrustedContext } from "./secure-context.ts";

export type ProberOptions = {
  /** `ip` or `ip:port`; null for the system's. */
  readonly dnsServers: readonly string[] | null;
  /** The port of `https://{hostname}/.well-known/matrix/support`: 443 but for tests and private federations. */
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
};

export type Prober = {
  /**
   * One attempt to read a server's support document. Every failure of the network is a report. Rejects with the
   * signal's reason where it is aborted, with {@link ProberClosed} after `close`, and where our own machine failed.
   */
  probe(hostname: Hostname, validator: Validator | null, signal: AbortSignal): Promise<FetchReport>;
  /** Cuts short what is in flight and waits until every socket is closed. */
  close(): Promise<void>;
};

/** What a probe rejects with whose prober was closed: it has no outcome. */
export class ProberClosed extends Error {
  override readonly name = "ProberClosed";
  constructor() {
    super("the prober is closed");
  }
}

const SUPPORT_PATH = "/.well-known/matrix/support";
const HTTPS_PORT = 443;

/**
 * Creates what asks servers for their support document (Matrix client-server API, "Getting support information").
 * A server is hostile until proven otherwise, so a probe is bounded in every direction:
 *
 * - **Where it connects.** https only. Hostnames are resolved here, A and AAAA, and every address must be public
 *   (address-guard.ts) or in `allowNetworks`: one that is not refuses the name as a whole. Only addresses so vetted are
 *   dialled, so nothing can change between the check and the connection. All of it again at each redirect.
 * - **Whom it believes.** The certificate must be valid for the name asked for. There is no way round it.
 * - **How far it goes.** Five redirects, no loops; not to http, other schemes, URLs with credentials, or ports below
 *   1024 other than 443 and `wellKnownPort`. A redirect inside an origin stays on its connection.
 * - **How much it takes.** 16 KiB of headers; 64 KiB of body, as sent and as decoded. Only the body of a 200 is read.
 * - **How long it takes.** `deadlineMs` in all, whatever drips. Running out is `dns-timeout`, `connect-timeout` or
 *   `timeout`, by what was waited for.
 *
 * The report has every request made (`hops`), the facts of the last handshake and the times. `fetchedAt` is when the
 * end was reached. `validator` is sent where a request's URL is the one it came with; `conditional` says whether the
 * last request carried it.
 *
 * ```ts
 * const prober = createProber({ dnsServers: null, wellKnownPort: 443, allowNetworks: [], extraCa: null, … });
 * const report = await prober.probe(hostname, null, signal);
 * if (report.end.kind === "failed") console.log(report.end.reason, report.end.detail);
 * await prober.close();
 * ```
 *
 * Throws where an option cannot be used: a DNS server that is no address, a network that is no CIDR, a CA that is no
 * certificate.
 */
export function createProber(options: ProberOptions): Prober {
  const { deadlineMs, wellKnownPort, clock } = options;
  const resolver = createHostnameResolver({ dnsServers: options.dnsServers, deadlineMs });
  const network: ProbeNetwork = {
    resolver,
    vet: createAddressGuard(options.allowNetworks),
    secureContext: createTrustedContext(options.extraCa),
    connectTimeoutMs: options.connectTimeoutMs,
    acquireAddress: options.acquireAddress,
    clock,
    wellKnownPort,
    requestHeaders: [
      ...["accept", "application/json, */*;q=0.5"],
      ...["accept-encoding", "identity"],
      ...["user-agent", options.userAgent],
    ],
  };
  const inFlight = new Map<Deadline, Promise<FetchReport>>();
  let closed = false;

  async function run(hostname: Hostname, validator: Validator | null, deadline: Deadline): Promise<FetchReport> {
    const trace = startTrace(deadline.elapsedMs);
    let end: FetchEnd;
    try {
      end = await start(urlOf(hostname, wellKnownPort), { validator, deadline, trace });
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) throw error;
      end = failed(trace.timeoutReason, error.message);
    }
    const timing = trace.finish();
    const { hops, tls, conditional } = trace;
    return { hostname, fetchedAt: clock(), hops, tls, timing, conditional, end };
  }

  async function start(text: string, probe: Probe): Promise<FetchEnd> {
    const url = URL.parse(text);
    if (url !== null) return followHops(network, probe, url);
    // Some server names are none to a URL, such as those of numbers only (URL standard, "ends in a number").
    probe.trace.startHop(text);
    return failed("dns-not-found", `${text} is no URL, so the name stands for no host`);
  }

  return {
    async probe(hostname, validator, signal) {
      if (closed) throw new ProberClosed();
      signal.throwIfAborted();
      const deadline = startDeadline(deadlineMs);
      const cutShort = () => deadline.abort(signal.reason);
      signal.addEventListener("abort", cutShort);
      const running = run(hostname, validator, deadline);
      inFlight.set(deadline, running);
      try {
        return await running;
      } finally {
        inFlight.delete(deadline);
        deadline.dispose();
        signal.removeEventListener("abort", cutShort);
      }
    },
    async close() {
      closed = true;
      const ended = Promise.allSettled(inFlight.values());
      for (const deadline of inFlight.keys()) deadline.abort(new ProberClosed());
      await ended;
      resolver.close();
    },
  };
}

/** A URL shows no port where it is https' own. */
function urlOf(hostname: Hostname, port: number): string {
  return `https://${hostname}${port === HTTPS_PORT ? "" : `:${port}`}${SUPPORT_PATH}`;
}
