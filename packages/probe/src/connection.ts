import type { TLSSocket } from "node:tls";
import { err, MAX_BODY_BYTES, MAX_HEADER_BYTES, ok, type Result } from "@switchboard/domain";
import { Client, type Dispatcher } from "undici";
import type { VettedAddress } from "./address-guard.ts";
import { type FailedEnd, failed } from "./fetch-end.ts";
import { failureOf } from "./fetch-failure.ts";
import type { ReceivedHeaders } from "./hop-headers.ts";

export type ResponseHead = { readonly status: number; readonly headers: ReceivedHeaders };

/**
 * What to do with a response's body: `read` it, `drain` it so that the connection can be used again, or `leave` it
 * and the connection behind. An answer whose body means nothing to us must not fail for its size or slowness.
 */
export type BodyUse = "read" | "drain" | "leave";

export type Exchange = {
  readonly url: URL;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly useOfBody: (head: ResponseHead) => BodyUse;
  readonly signal: AbortSignal;
};

type ExchangeFailure = { readonly end: FailedEnd; readonly head: ResponseHead | null };

/** One HTTP/1.1 connection to one origin, at one vetted address. */
export type Connection = {
  readonly address: VettedAddress;
  /** Whether a request for the URL can be made on it: the same origin, and still open. */
  serves(url: URL): boolean;
  /**
   * Makes a GET request; the body is empty unless it was read. Rejects with the signal's reason where it is aborted;
   * the connection must be closed then.
   */
  exchange(request: Exchange): Promise<Result<{ head: ResponseHead; body: Uint8Array }, ExchangeFailure>>;
  /** Closes the socket, then gives back the leave to use the address. */
  close(): Promise<void>;
};

const EMPTY_BODY = new Uint8Array(0);
/** A server may send 1xx answers without end; no honest one sends more than a few (RFC 9110 §15.2). */
const MAX_INFORMATIONAL_RESPONSES = 8;

/** Made once: undici would make an error, with its stack, for each connection that is closed. */
const CLOSED = new Error("the connection was closed");

/** Makes a connection of a socket that has been dialled. `release` is called once, when it is closed. */
export function openConnection(options: {
  readonly socket: TLSSocket;
  readonly origin: string;
  readonly address: VettedAddress;
  readonly release: () => void;
}): Connection {
  const { socket, origin, address, release } = options;
  let taken = false;
  let spent = false;
  const client = new Client(origin, {
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // The deadline of the whole probe bounds these: undici's are idle timers that a slow drip never trips.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(_options, callback) {
      // undici would dial again by itself where a server closes; only what the guard has vetted is dialled.
      const given = taken;
      taken = true;
      // Later, as a connector that dials would: undici loses the request of one that answers at once.
      queueMicrotask(() => {
        if (given) callback(new ConnectionSpent("the connection was closed"), null);
        else callback(null, socket);
      });
    },
  });
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    try {
      await client.destroy(CLOSED);
      // A connection on which no request was made is not yet known to undici.
      if (!socket.closed) await closeOf(socket);
    } finally {
      release();
    }
  }

  return {
    address,
    serves: (url) => url.origin === origin && !spent && !socket.destroyed && socket.writable,
    exchange: (request) =>
      makeExchange(client, request, () => {
        spent = true;
      }),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function closeOf(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.destroy();
  });
}

/** Stands for a connection that the server closed before a request could be made on it. */
class ConnectionSpent extends Error {
  readonly code = "ECONNRESET";
}

function makeExchange(
  client: Client,
  { url, headers, useOfBody, signal }: Exchange,
  /** Called where the rest of a body is left behind, and the connection with it. */
  leaveBehind: () => void,
): ReturnType<Connection["exchange"]> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<Awaited<ReturnType<Connection["exchange"]>>>();
  const chunks: Uint8Array[] = [];
  let received = 0;
  let informational = 0;
  let head: ResponseHead | null = null;
  let use: BodyUse = "read";
  let settled = false;

  signal.addEventListener("abort", stop);
  const answered: Dispatcher.DispatchHandler = {
    // undici calls it without asking whether it is there.
    onRequestStart() {},
    onResponseStart(controller, status, receivedHeaders) {
      if (status < 200) {
        informational += 1;
        if (informational > MAX_INFORMATIONAL_RESPONSES) {
          give(controller, failed("protocol-error", "informational responses without end"));
        }
        return;
      }
      head = { status, headers: receivedHeaders };
      use = useOfBody(head);
      if (use === "leave") finish(controller, head);
      else if (use === "read" && Number(receivedHeaders["content-length"]) > MAX_BODY_BYTES) {
        give(controller, tooLarge());
      }
    },
    onResponseData(controller, chunk) {
      if (settled) return;
      received += chunk.length;
      if (received > MAX_BODY_BYTES) {
        if (use === "drain" && head !== null) finish(controller, head);
        else give(controller, tooLarge());
      } else if (use === "read") {
        chunks.push(chunk);
      }
    },
    onResponseEnd() {
      if (head === null || settled) return;
      settle();
      resolve(ok({ head, body: use === "read" ? joined(chunks, received) : EMPTY_BODY }));
    },
    onResponseError(_controller, error) {
      if (settled) return;
      settle();
      try {
        resolve(err({ end: failureOf(error), head }));
      } catch (ours) {
        reject(ours);
      }
    },
  };
  client.dispatch({ method: "GET", path: `${url.pathname}${url.search}`, headers }, answered);
  return promise;

  function finish(controller: Dispatcher.DispatchController, complete: ResponseHead): void {
    settle();
    resolve(ok({ head: complete, body: EMPTY_BODY }));
    // Not aborted: undici would make errors, with their stacks, for what is closed in a moment anyway.
    controller.pause();
    leaveBehind();
  }

  function give(controller: Dispatcher.DispatchController, end: FailedEnd): void {
    settle();
    resolve(err({ end, head }));
    controller.abort(new ConnectionSpent(end.detail));
  }

  function stop(): void {
    settle();
    reject(signal.reason);
  }

  function settle(): void {
    settled = true;
    signal.removeEventListener("abort", stop);
  }
}

function tooLarge(): FailedEnd {
  return failed("body-too-large", `more than ${MAX_BODY_BYTES} bytes`);
}

/** Copies, so that a small body does not keep the socket's large buffers alive. */
function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}
