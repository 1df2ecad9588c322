import type { IncomingMessage } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { BoundAddresses } from "./bind-addresses.ts";
import { readClientHello } from "./client-hello.ts";
import type { CertificateKind, Greeting, Reply } from "./plan.ts";
import type { SecureContexts } from "./secure-contexts.ts";
import type { ReceivedRequest } from "./server-registry.ts";
import { writeReply } from "./write-reply.ts";

/** What the web server asks of the federation. Hostnames come in lower case. */
export type WebHosts = {
  /** How a connection that names this hostname is greeted. */
  readonly greet: (hostname: string) => Greeting;
  readonly certificateOf: (hostname: string) => CertificateKind;
  readonly answerRequest: (hostname: string, request: ReceivedRequest) => Reply;
};

/** How busy one address is and was: what politeness per address is measured by. */
export type AddressLoad = {
  readonly address: string;
  readonly open: number;
  readonly peak: number;
  readonly total: number;
  /** The most connections that began within any one second. */
  readonly busiestSecond: number;
};

export type WebServer = {
  readonly loads: () => AddressLoad[];
  /** Stops listening and closes every connection. */
  readonly stop: () => Promise<void>;
};

/** The longest ClientHello that is waited for. */
const MAX_HELLO_BYTES = 16 * 1024;

/** TLS alert record: fatal, handshake_failure (RFC 8446 §6). */
const HANDSHAKE_FAILURE = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

const PLAIN_TEXT = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/** Serves HTTPS at addresses that are bound already (plans need their port), by the name that each client asks for. */
export function startWebServer(options: {
  bound: BoundAddresses;
  contexts: SecureContexts;
  hosts: WebHosts;
}): WebServer {
  const { bound, contexts, hosts } = options;
  const connections = new Map<string, Socket>();
  const loads = new Map<string, AddressLoad>();
  const beginnings = new Map<string, number[]>();
  const https = createHttps(contexts, hosts);
  https.on("request", (request, response) => {
    const connection = connections.get(endpointsOf(request.socket));
    if (connection === undefined) return;
    writeReply(hosts.answerRequest(hostnameAsked(request), receivedRequest(request)), { response, connection });
  });
  for (const listener of bound.listeners) {
    listener.on("connection", (socket) => {
      trackConnection(socket, { connections, loads, beginnings });
      greet(socket, hosts, https);
    });
  }
  return {
    loads: () => [...loads.values()],
    stop: async () => {
      const stopped = bound.stop();
      for (const socket of connections.values()) socket.destroy();
      await stopped;
    },
  };
}

function createHttps(contexts: SecureContexts, hosts: WebHosts): HttpsServer {
  const https = createHttpsServer({
    ...contexts.nameless,
    SNICallback: (name, found) => {
      const hostname = name.toLowerCase();
      contexts.find(hostname, hosts.certificateOf(hostname)).then(
        (context) => found(null, context),
        (error: unknown) => found(error instanceof Error ? error : new Error(String(error))),
      );
    },
    // A client that offers X25519 beside a post-quantum share gets the cheaper of the two.
    ecdhCurve: "X25519:P-256:P-384",
    ALPNProtocols: ["http/1.1"],
    requestTimeout: 0,
    headersTimeout: 0,
  });
  // Clients that give up, or distrust the certificate, are what many servers here are for.
  https.on("tlsClientError", (_error, socket) => socket.destroy());
  https.on("clientError", (_error, socket) => socket.destroy());
  return https;
}

function trackConnection(
  socket: Socket,
  {
    connections,
    loads,
    beginnings,
  }: {
    readonly connections: Map<string, Socket>;
    readonly loads: Map<string, AddressLoad>;
    /** By address: when the connections of the last second began. */
    readonly beginnings: Map<string, number[]>;
  },
): void {
  const key = endpointsOf(socket);
  const address = socket.localAddress ?? "";
  const before = loads.get(address) ?? { address, open: 0, peak: 0, total: 0, busiestSecond: 0 };
  const open = before.open + 1;
  const now = performance.now();
  const lastSecond = [...(beginnings.get(address) ?? []).filter((begunAt) => now - begunAt < 1_000), now];
  beginnings.set(address, lastSecond);
  loads.set(address, {
    address,
    open,
    peak: Math.max(before.peak, open),
    total: before.total + 1,
    busiestSecond: Math.max(before.busiestSecond, lastSecond.length),
  });
  connections.set(key, socket);
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    connections.delete(key);
    const now = loads.get(address);
    if (now !== undefined) loads.set(address, { ...now, open: now.open - 1 });
  });
}

/** Tells connections apart, below and above TLS alike. */
function endpointsOf(socket: Socket): string {
  return `${socket.localAddress} ${socket.remotePort}`;
}

/** Reads whom the client asks for, and lets it shake hands or not. */
function greet(socket: Socket, hosts: WebHosts, https: HttpsServer): void {
  let received: Buffer = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const hello = readClientHello(received);
    if (hello.kind === "incomplete" && received.length <= MAX_HELLO_BYTES) return;
    socket.off("data", read);
    if (hello.kind !== "hello") {
      socket.destroy();
      return;
    }
    const hostname = hello.hostname ?? socket.localAddress ?? "";
    socket.pause();
    socket.unshift(received);
    performGreeting(socket, hosts.greet(hostname), https);
  };
  socket.on("data", read);
}

function performGreeting(socket: Socket, greeting: Greeting, https: HttpsServer): void {
  switch (greeting) {
    case "silence":
      // Read on, so that the client's going away is noticed.
      socket.resume();
      return;
    case "reset":
      socket.resetAndDestroy();
      return;
    case "plain-text":
      socket.end(PLAIN_TEXT);
      return;
    case "handshake-alert":
      socket.end(HANDSHAKE_FAILURE);
      return;
    case "handshake":
      https.emit("connection", socket);
  }
}

function hostnameAsked(request: IncomingMessage): string {
  const host = (request.headers.host ?? "").toLowerCase();
  return host.replace(/:[0-9]+$/, "");
}

function receivedRequest({ url, headers }: IncomingMessage): ReceivedRequest {
  return {
    path: url ?? "/",
    ifNoneMatch: headers["if-none-match"] ?? null,
    ifModifiedSince: headers["if-modified-since"] ?? null,
  };
}
