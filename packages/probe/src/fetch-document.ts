import type { FetchReport, Hostname } from "@switchboard/domain";
import { DeadlineExceeded } from "./deadline.ts";
import { type FetchEnd, failed } from "./fetch-end.ts";
import { followHops } from "./follow-hops.ts";
import { startTrace } from "./probe-trace.ts";
import type { Probe, ProbeNetwork } from "./requester.ts";
import { httpsUrl } from "./url-host.ts";

/** What fetching a document showed. */
export type FetchedDocument = Omit<FetchReport, "hostname" | "fetchedAt" | "directoryRecord">;

/** Which document to fetch, and within what limits. */
type DocumentRequest = Omit<Probe, "trace"> & { readonly hostname: Hostname; readonly path: string };

/**
 * Fetches `https://{hostname}{path}`, redirects followed. Every failure of the network is an end, running out of time
 * too. Rejects with the reason of the deadline's signal where somebody else aborted it, and where our own machine failed.
 */
export async function fetchDocument(network: ProbeNetwork, request: DocumentRequest): Promise<FetchedDocument> {
  const { hostname, path, ...probe } = request;
  const trace = startTrace(probe.deadline.elapsedMs);
  let end: FetchEnd;
  try {
    end = await start(network, httpsUrl(hostname, network.wellKnownPort, path), { ...probe, trace });
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    end = failed(trace.timeoutReason, error.message);
  }
  const timing = trace.finish();
  const { hops, tls, conditional } = trace;
  return { hops, tls, timing, conditional, end };
}

async function start(network: ProbeNetwork, text: string, probe: Probe): Promise<FetchEnd> {
  const url = URL.parse(text);
  if (url !== null) return followHops(network, probe, url);
  // Some server names are none to a URL, such as those of numbers only (URL standard, "ends in a number").
  probe.trace.startHop(text);
  return failed("dns-not-found", `${text} is no URL, so the name stands for no host`);
}
