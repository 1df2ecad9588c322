import {
  type DirectoryRecord,
  directoryRecordNameOf,
  type FetchReport,
  type Hostname,
  type Validator,
} from "@switchboard/domain";
import type { Deadline } from "./deadline.ts";
import { createDeadlineRuns } from "./deadline-runs.ts";
import { fetchDocument } from "./fetch-document.ts";
import { declined } from "./fetch-end.ts";
import { createProbeNetwork, type NetworkOptions } from "./probe-network.ts";

export type ProberOptions = NetworkOptions;

export type Prober = {
  /**
   * One attempt to read a server's support document. Every failure of the network is a report. Rejects with the
   * signal's reason where it is aborted, with {@link ProberClosed} after `close`, with what `acquireAddress` rejected
   * with, and where our own machine failed.
   */
  probe(hostname: Hostname, validator: Validator | null, signal: AbortSignal): Promise<FetchReport>;
  /** Cuts short what is in flight and waits until every socket is closed. */
  close(): Promise<void>;
};

const SUPPORT_PATH = "/.well-known/matrix/support";

/**
 * Creates what asks servers for their support document (Matrix client-server API, "Getting support information").
 * A server is hostile until proven otherwise, so a probe is bounded in every direction:
 *
 * - **Where it connects.** https only. Hostnames are resolved here, A and AAAA, and every address must be public
 *   (address-guard.ts) or in `allowNetworks`: one that is not refuses the name as a whole. Only addresses so vetted are
 *   dialled, so nothing can change between the check and the connection. All of it again at each redirect.
 * - **Where it is welcome.** The TXT records of `_switchboard.{hostname}` are asked for with the addresses: where they say
 *   no, the end is `opted-out` and nothing is connected to. A look-up that fails, or takes longer, says nothing. A host
 *   that a redirect leads to is asked about, too, and of the directory (`hasOptedOut`): the end is `redirect-to-opted-out`.
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
  const { network, channels, askForRecord } = createProbeNetwork(options);
  const runs = createDeadlineRuns(options.deadlineMs);

  async function run(hostname: Hostname, validator: Validator | null, deadline: Deadline): Promise<FetchReport> {
    const question = askForRecord(hostname);
    let directoryRecord: DirectoryRecord | null = null;
    const findObjection = async () => {
      const record = await question.answer(deadline.signal);
      directoryRecord = record;
      return record?.kind === "not-listed" ? declined("opted-out", describeRecord(hostname)) : null;
    };
    const fetched = await fetchDocument(network, { hostname, path: SUPPORT_PATH, validator, deadline, findObjection });
    return { hostname, fetchedAt: options.clock(), directoryRecord, ...fetched };
  }

  return {
    probe: (hostname, validator, signal) => runs.run(signal, (deadline) => run(hostname, validator, deadline)),
    async close() {
      await runs.close();
      channels.close();
    },
  };
}

function describeRecord(hostname: Hostname): string {
  return `the operator asks to be left alone: TXT ${directoryRecordNameOf(hostname)} says directory=no`;
}
