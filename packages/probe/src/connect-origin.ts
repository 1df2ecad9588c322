import type { SecureContext } from "node:tls";
import { err, type Instant, ok, type Result } from "@switchboard/domain";
import type { VettedAddress } from "./address-guard.ts";
import { type Connection, openConnection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { type DialFailure, dial } from "./dial.ts";
import { type FailedEnd, failed } from "./fetch-end.ts";
import type { ProbeTrace } from "./probe-trace.ts";
import { portOfUrl } from "./redirect.ts";

/**
 * Waits for leave to use an address; the answer gives it back. Rejects with the signal's reason where it is aborted.
 * Whatever else it rejects with, the probe ends and rejects with the same: it has no outcome.
 */
export type AcquireAddress = (address: string, signal: AbortSignal) => Promise<() => void>;

export type OriginConnector = {
  readonly secureContext: SecureContext;
  readonly connectTimeoutMs: number;
  readonly clock: () => Instant;
  readonly acquireAddress: AcquireAddress;
};

/** Two of each family at most; with the default time-outs there is no time for more. */
const MAX_DIALS = 4;

/**
 * Connects to a URL's origin at one of its vetted addresses, in turn: a family that is refused or silent does not fail
 * a name whose other family answers. A certificate that is not accepted ends the attempts: the server has answered.
 */
export async function connectOrigin(
  connector: OriginConnector,
  attempt: {
    readonly url: URL;
    readonly addresses: readonly VettedAddress[];
    readonly deadline: Deadline;
    readonly trace: ProbeTrace;
  },
): Promise<Result<Connection, FailedEnd>> {
  const { url, addresses, deadline, trace } = attempt;
  const failures: { readonly address: VettedAddress; readonly end: FailedEnd }[] = [];
  for (const address of addresses.slice(0, MAX_DIALS)) {
    const release = await acquire(connector.acquireAddress, address, deadline);
    let dialled: Awaited<ReturnType<typeof dial>>;
    try {
      dialled = await trace.time("connect", () =>
        dial(
          { address, port: portOfUrl(url), hostname: url.hostname },
          {
            secureContext: connector.secureContext,
            timeoutMs: connector.connectTimeoutMs,
            signal: deadline.signal,
            clock: connector.clock,
          },
        ),
      );
    } catch (error) {
      release();
      throw error;
    }
    if (dialled.ok) {
      const { socket, tls } = dialled.value;
      trace.reach(address);
      trace.tls = tls;
      return ok(openConnection({ socket, origin: url.origin, address, release }));
    }
    release();
    const failure = dialled.error;
    if (failure.connected) trace.reach(address);
    if (failure.tls !== null) trace.tls = failure.tls;
    failures.push({ address, end: failure.end });
    if (isAnswer(failure)) break;
  }
  return err(mergeFailures(failures));
}

async function acquire(
  acquireAddress: AcquireAddress,
  address: VettedAddress,
  deadline: Deadline,
): Promise<() => void> {
  const release = await deadline.outside(() => acquireAddress(address, deadline.signal));
  if (deadline.signal.aborted) {
    release();
    throw deadline.signal.reason;
  }
  return release;
}

/** A server that was reached and whose TLS is not accepted answers the same at its other addresses, as a rule. */
function isAnswer(failure: DialFailure): boolean {
  return failure.end.reason.startsWith("tls-");
}

/** An answer tells the most, then the first failure; "unreachable" often says only that we have no IPv6. */
function mergeFailures(failures: readonly { readonly address: string; readonly end: FailedEnd }[]): FailedEnd {
  const telling =
    failures.find(({ end }) => end.reason.startsWith("tls-")) ??
    failures.find(({ end }) => end.reason !== "connect-unreachable") ??
    failures[0];
  if (telling === undefined) return failed("dns-no-address", "there is no address to connect to");
  if (failures.length === 1) return telling.end;
  return failed(telling.end.reason, failures.map(({ address, end }) => `${address}: ${end.detail}`).join("; "));
}
