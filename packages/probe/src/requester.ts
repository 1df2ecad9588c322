import { err, type Result, type Validator } from "@switchboard/domain";
import { connectOrigin, type OriginConnector } from "./connect-origin.ts";
import type { BodyUse, Connection, Exchange, ResponseHead } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { declined, type FetchEnd } from "./fetch-end.ts";
import { type AddressFinder, findAddresses } from "./find-addresses.ts";
import type { WishFinder } from "./find-wish.ts";
import { pickHopHeaders } from "./hop-headers.ts";
import type { ProbeTrace } from "./probe-trace.ts";

/** What all probes of a prober use. */
export type ProbeNetwork = OriginConnector &
  AddressFinder & {
    readonly findWish: WishFinder;
    readonly wellKnownPort: number;
    /** Names and values in turn, sent with every request. */
    readonly requestHeaders: readonly string[];
  };

/** One probe's own state. */
export type Probe = {
  readonly validator: Validator | null;
  readonly deadline: Deadline;
  readonly trace: ProbeTrace;
  /**
   * Asked once, when the first addresses were looked up and before anything is connected to: an end where the operator
   * does not want to be connected to, else null.
   */
  readonly findObjection?: () => Promise<FetchEnd | null>;
};

export type Answer = { readonly head: ResponseHead; readonly body: Uint8Array };

/** Makes one probe's requests, one after the other, over one connection at a time. */
export type Requester = {
  /**
   * Requests a URL: over the connection of the request before where the origin is the same, else the hostname is
   * resolved, every address of it vetted, and one of them dialled. Rejects with the reason of the deadline's signal
   * where it is aborted.
   */
  request(url: URL, useOfBody: (head: ResponseHead) => BodyUse): Promise<Result<Answer, FetchEnd>>;
  close(): Promise<void>;
};

export function createRequester(network: ProbeNetwork, probe: Probe): Requester {
  const { deadline, trace, validator } = probe;
  let { findObjection } = probe;
  let connection: Connection | null = null;
  /** The host that the probe is of. */
  let ownHost: string | undefined;

  async function close(): Promise<void> {
    await connection?.close();
    connection = null;
  }

  async function exchangeAnew(url: URL, exchange: Exchange): Promise<Result<Answer, FetchEnd>> {
    // Closed before another address is asked for: a probe that held two could wait for itself.
    await close();
    ownHost ??= url.hostname;
    const wish = url.hostname === ownHost ? null : network.findWish(url.hostname);
    const addresses = await findAddresses(network, probe, url.hostname);
    const objection = findObjection === undefined ? null : await trace.time("dns", findObjection);
    if (objection !== null) return err(objection);
    findObjection = undefined;
    if (wish !== null && (await trace.time("dns", () => wish.answer(deadline.signal)))) {
      return err(
        declined("redirect-to-opted-out", `redirected to ${url.origin}, whose operator asks to be left alone`),
      );
    }
    if (!addresses.ok) return addresses;
    const connected = await connectOrigin(network, { url, addresses: addresses.value, deadline, trace });
    if (!connected.ok) return connected;
    connection = connected.value;
    return noteAnswer(await trace.time("answer", () => connected.value.exchange(exchange)));
  }

  async function exchangeAgain(reused: Connection, url: URL, exchange: Exchange): Promise<Result<Answer, FetchEnd>> {
    trace.reach(reused.address);
    const answered = await trace.time("answer", () => reused.exchange(exchange));
    const closedMeanwhile =
      !answered.ok && answered.error.head === null && answered.error.end.reason === "connection-reset";
    // A server may close an idle connection at any time (RFC 9112 §9.3.1): that is no failure of its.
    return closedMeanwhile ? exchangeAnew(url, exchange) : noteAnswer(answered);
  }

  function noteAnswer(answered: Awaited<ReturnType<Connection["exchange"]>>): Result<Answer, FetchEnd> {
    const head = answered.ok ? answered.value.head : answered.error.head;
    if (head !== null) trace.endHop({ status: head.status, headers: pickHopHeaders(head.headers) });
    return answered.ok ? answered : err(answered.error.end);
  }

  return {
    async request(url, useOfBody) {
      trace.startHop(url.href);
      const conditions = validator !== null && validator.url === url.href ? conditionsOf(validator) : [];
      trace.conditional = conditions.length > 0;
      const exchange: Exchange = {
        url,
        headers: [...network.requestHeaders, ...conditions],
        useOfBody: (head) => {
          trace.noteFirstByte();
          return useOfBody(head);
        },
        signal: deadline.signal,
      };
      return connection?.serves(url) ? exchangeAgain(connection, url, exchange) : exchangeAnew(url, exchange);
    },
    close,
  };
}

/** One entity tag, strong or weak (RFC 9110 §8.8.3): a list of them, or "*", would ask for something else. */
const ENTITY_TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]+$/;

/** A conditional request (RFC 9110 §13.1). What cannot be asked with is left out: validators are what servers sent. */
function conditionsOf({ etag, lastModified }: Validator): string[] {
  return [
    ...(etag !== null && ENTITY_TAG.test(etag) ? ["if-none-match", etag] : []),
    ...(lastModified !== null && HEADER_VALUE.test(lastModified) ? ["if-modified-since", lastModified] : []),
  ];
}
