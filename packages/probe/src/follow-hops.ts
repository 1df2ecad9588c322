import { MAX_REDIRECTS } from "@switchboard/domain";
import type { BodyUse, ResponseHead } from "./connection.ts";
import { type FetchEnd, failed } from "./fetch-end.ts";
import { pickHopHeaders } from "./hop-headers.ts";
import { decideRedirect } from "./redirect.ts";
import { createRequester, type Probe, type ProbeNetwork } from "./requester.ts";
import { toResponseEnd } from "./response-end.ts";

const STATUS_OK = 200;

/**
 * Fetches a URL and follows its redirects, at most five, to the response that is the end. Rejects with the reason of
 * the deadline's signal where it is aborted, time running out included.
 */
export async function followHops(network: ProbeNetwork, probe: Probe, start: URL): Promise<FetchEnd> {
  const requester = createRequester(network, probe);
  const requested = new Set<string>();
  let url = start;
  try {
    for (;;) {
      requested.add(url.href);
      const from = url;
      const answered = await requester.request(url, (head) => useOfBody(network, from, head));
      if (!answered.ok) return answered.error;
      const next = decide(network, from, answered.value.head);
      if (next.kind === "declined") return next.end;
      if (next.kind === "end") return toResponseEnd(answered.value);
      if (requested.has(next.url.href)) return failed("redirect-loop", `redirected to ${next.url.href} again`);
      if (requested.size > MAX_REDIRECTS) {
        return failed("too-many-redirects", `redirected more than ${MAX_REDIRECTS} times, last to ${next.url.href}`);
      }
      url = next.url;
    }
  } finally {
    await requester.close();
  }
}

function decide(network: ProbeNetwork, from: URL, head: ResponseHead): ReturnType<typeof decideRedirect> {
  const { location } = pickHopHeaders(head.headers);
  return decideRedirect({ status: head.status, location, from, wellKnownPort: network.wellKnownPort });
}

/** Only the body of a 200 means something; a redirect's is read away where its connection serves the next request. */
function useOfBody(network: ProbeNetwork, from: URL, head: ResponseHead): BodyUse {
  if (head.status === STATUS_OK) return "read";
  const next = decide(network, from, head);
  return next.kind === "follow" && next.url.origin === from.origin ? "drain" : "leave";
}
