import type { X509Certificate } from "node:crypto";
import { connect, type DetailedPeerCertificate, type SecureContext, type TLSSocket } from "node:tls";
import { err, type Instant, ok, type Result, type TlsFacts } from "@switchboard/domain";
import type { VettedAddress } from "./address-guard.ts";
import { checkCertificateName } from "./certificate-name.ts";
import { type FailedEnd, failed } from "./fetch-end.ts";
import { certificateFailure, failureOf } from "./fetch-failure.ts";
import { startTimeout } from "./timeout.ts";
import { readTlsFacts } from "./tls-facts.ts";
import { literalOf, withoutTrailingDot } from "./url-host.ts";

/** Where to connect to and whose certificate to expect there. */
export type DialTarget = {
  readonly address: VettedAddress;
  readonly port: number;
  /** As in the URL: an IPv6 literal in brackets, a DNS name perhaps with its trailing dot. */
  readonly hostname: string;
};

/** A connection ready for requests. */
export type Dialled = { readonly socket: TLSSocket; readonly tls: TlsFacts };

/** Why there is no connection. */
export type DialFailure = {
  readonly end: FailedEnd;
  /** Whether a TCP connection was made. */
  readonly connected: boolean;
  readonly tls: TlsFacts | null;
};

export type DialOptions = {
  readonly secureContext: SecureContext;
  /** For TCP and TLS together. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly clock: () => Instant;
};

const NOT_COPIED = {} as DetailedPeerCertificate;

/**
 * Connects to one vetted address and makes the TLS handshake, the certificate verified for the asked name (RFC 9110
 * §4.3.4). Rejects with the signal's reason where it is aborted, and where our own machine failed.
 */
export function dial(target: DialTarget, options: DialOptions): Promise<Result<Dialled, DialFailure>> {
  const { address, port, hostname } = target;
  const { secureContext, timeoutMs, signal, clock } = options;
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<Result<Dialled, DialFailure>>();
  let connected = false;
  let certificate: X509Certificate | undefined;
  let facts: TlsFacts | null = null;

  const literal = literalOf(hostname);
  const socket = connect({
    host: address,
    port,
    // The name asked for is also what the certificate must carry. An address has no place in SNI (RFC 6066 §3).
    ...(literal === null ? { servername: withoutTrailingDot(hostname) } : {}),
    checkServerIdentity: () => checkCertificateName(literal ?? hostname, certificate),
    rejectUnauthorized: true,
    secureContext,
    ALPNProtocols: ["http/1.1"],
  });
  // What Node would ask for to hand it to the check above, which has the certificate already.
  socket.getPeerCertificate = () => NOT_COPIED;
  // Else the request would wait for the acknowledgement of the handshake's last packet.
  socket.setNoDelay(true);

  const timer = startTimeout(timeoutMs, () => {
    const phase = connected ? "TLS handshake" : "TCP connection";
    give(failed("connect-timeout", `no ${phase} with ${address} within ${timeoutMs} ms`));
  });
  signal.addEventListener("abort", stop);
  socket.once("connect", () => {
    connected = true;
  });
  // Before Node's own listener for this event, which destroys the socket where it refuses the certificate: after that
  // the certificate, and with it the reason that people can act on, is gone.
  socket.prependOnceListener("secure", () => {
    certificate = socket.getPeerX509Certificate();
    facts = readTlsFacts(socket, certificate);
  });
  socket.once("secureConnect", () => {
    settle();
    socket.off("error", fail);
    resolve(ok({ socket, tls: facts ?? readTlsFacts(socket, undefined) }));
  });
  socket.once("error", fail);
  // What a socket has to say once we are done with it concerns nobody, but unheard it would end the process.
  socket.on("error", ignore);

  return promise;

  function fail(error: Error): void {
    try {
      // Node sets authorizationError where the handshake went through and the certificate is refused.
      const refused = socket.authorizationError ? certificate : undefined;
      give(
        refused === undefined
          ? failureOf(error)
          : certificateFailure({ error, certificate: refused, hostname, now: clock() }),
      );
    } catch (ours) {
      settle();
      reject(ours);
    }
  }

  function give(end: FailedEnd): void {
    settle();
    socket.destroy();
    resolve(err({ end, connected, tls: facts }));
  }

  function stop(): void {
    settle();
    socket.destroy();
    reject(signal.reason);
  }

  function settle(): void {
    timer.clear();
    signal.removeEventListener("abort", stop);
  }
}

function ignore(): void {}
