import {
  type DiscoveryStep,
  err,
  type FailedStep,
  type FederationTarget,
  type Hostname,
  interpretVersion,
  ok,
  type Result,
  type VersionAnswer,
} from "@switchboard/domain";
import type { VettedAddress } from "./address-guard.ts";
import { connectOrigin } from "./connect-origin.ts";
import type { Connection } from "./connection.ts";
import { type Deadline, DeadlineExceeded } from "./deadline.ts";
import { failed } from "./fetch-end.ts";
import { findAddresses } from "./find-addresses.ts";
import { type ProbeTrace, startTrace } from "./probe-trace.ts";
import { isForbiddenPort } from "./redirect.ts";
import type { ProbeNetwork } from "./requester.ts";
import { toResponseEnd } from "./response-end.ts";
import { httpsUrl } from "./url-host.ts";

export type TargetAsker = {
  readonly network: ProbeNetwork;
  /** The host that the discovery is of: what its operator wishes is known before. */
  readonly ownHost: Hostname;
  readonly federationPort: number;
  readonly deadline: Deadline;
  /** Takes down each step when it is over. */
  readonly note: (step: DiscoveryStep) => void;
};

/** What came of asking at a target. */
export type AskedTarget = {
  readonly addresses: readonly string[];
  readonly answer: VersionAnswer | FailedStep;
  /** Whether nobody was reached here, so that an alternative may do better. */
  readonly isUnreached: boolean;
};

/** One attempt at one target. */
type Attempt = TargetAsker & { readonly target: FederationTarget; readonly trace: ProbeTrace };

const VERSION_PATH = "/_matrix/federation/v1/version";
const STATUS_OK = 200;

/**
 * Asks at a target for the version: resolves its host, every address vetted, connects, the certificate verified for the
 * name that the target must prove, and makes one request. Redirects are not followed, as no homeserver would. Rejects with
 * the reason of the deadline's signal where it is aborted, unless by time, which is a failure like any other.
 */
export async function askTarget(asker: TargetAsker, target: FederationTarget): Promise<AskedTarget> {
  const attempt: Attempt = { ...asker, target, trace: startTrace(asker.deadline.elapsedMs) };
  const found = await locate(attempt);
  if (!found.ok) return { addresses: [], answer: found.error, isUnreached: found.error.reason.startsWith("dns-") };
  const { url, addresses } = found.value;
  const connected = await connect(attempt, url, addresses);
  if (!connected.ok) {
    // A server whose certificate is not accepted has been reached.
    return { addresses, answer: connected.error, isUnreached: !connected.error.reason.startsWith("tls-") };
  }
  try {
    return { addresses, answer: await readVersion(attempt, url, connected.value), isUnreached: false };
  } finally {
    await connected.value.close();
  }
}

type Located = { readonly url: URL; readonly addresses: readonly VettedAddress[] };

async function locate({ network, ownHost, federationPort, deadline, note, target, trace }: Attempt) {
  const { rule, host, port, tlsName } = target;
  const from = deadline.elapsedMs();
  const located = await endInTime(trace, async (): Promise<Result<Located, Failure>> => {
    const text = httpsUrl(tlsName, port, VERSION_PATH);
    const url = URL.parse(text);
    if (url === null) return err(failed("dns-not-found", `${text} is no URL, so the name stands for no host`));
    if (port !== federationPort && isForbiddenPort(port, network.wellKnownPort)) {
      return err({ reason: "forbidden-port", detail: `${port} is below 1024 and not the port of https` });
    }
    const wish = host === ownHost ? null : network.findWish(host);
    const found = await findAddresses(network, { deadline, trace }, host);
    if (wish !== null && (await trace.time("dns", () => wish.answer(deadline.signal)))) {
      return err({ reason: "opted-out", detail: `the operator of ${host} asks to be left alone` });
    }
    return found.ok ? ok({ url, addresses: found.value }) : found;
  });
  const result = located.ok ? { kind: "found" as const, addresses: located.value.addresses } : located.error;
  note({ kind: "addresses", rule, host, port, result, tookMs: tookMs(deadline, from) });
  return located;
}

async function connect({ network, deadline, note, target, trace }: Attempt, url: URL, addresses: Located["addresses"]) {
  const { rule, port, tlsName } = target;
  const from = deadline.elapsedMs();
  const connected = await endInTime(trace, () => connectOrigin(network, { url, addresses, deadline, trace }));
  const result = connected.ok ? { kind: "connected" as const, address: connected.value.address } : connected.error;
  note({ kind: "connection", rule, port, tlsName, tls: trace.tls, result, tookMs: tookMs(deadline, from) });
  return connected;
}

async function readVersion(
  { network, deadline, note, target, trace }: Attempt,
  url: URL,
  connection: Connection,
): Promise<VersionAnswer> {
  const { rule, hostHeader } = target;
  const from = deadline.elapsedMs();
  let status: number | null = null;
  const answered = await endInTime(trace, async () => {
    const exchanged = await trace.time("answer", () =>
      connection.exchange({
        url,
        headers: [...network.requestHeaders, "host", hostHeader],
        useOfBody: (head) => {
          status = head.status;
          return head.status === STATUS_OK ? "read" : "leave";
        },
        signal: deadline.signal,
      }),
    );
    return exchanged.ok ? ok(toResponseEnd(exchanged.value)) : err(exchanged.error.end);
  });
  const answer = answered.ok ? interpretVersion(answered.value) : answered.error;
  note({
    kind: "version",
    rule,
    path: VERSION_PATH,
    hostHeader,
    status,
    result: answer,
    tookMs: tookMs(deadline, from),
  });
  return answer;
}

/** Why there is no value, in whatever kind of end it came. */
type Failure = Pick<FailedStep, "reason" | "detail">;

/** What `work` comes to; that time is over is a failure of what was waited for. */
async function endInTime<T, E extends Failure>(
  trace: ProbeTrace,
  work: () => Promise<Result<T, E>>,
): Promise<Result<T, { kind: "failed"; reason: E["reason"] | ProbeTrace["timeoutReason"]; detail: string }>> {
  try {
    const done = await work();
    return done.ok ? done : err({ kind: "failed", reason: done.error.reason, detail: done.error.detail });
  } catch (error) {
    if (!(error instanceof DeadlineExceeded)) throw error;
    return err(failed(trace.timeoutReason, error.message));
  }
}

/** Milliseconds since `from` on this deadline's stopwatch, to a tenth. */
export function tookMs(deadline: Deadline, from: number): number {
  return Math.round((deadline.elapsedMs() - from) * 10) / 10;
}
