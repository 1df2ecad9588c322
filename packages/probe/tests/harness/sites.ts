import { once } from "node:events";
import type { RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from "node:tls";

/** A server on loopback that a test misbehaves with. */
export type Site = {
  readonly port: number;
  /** How many TCP connections it accepted so far. */
  readonly accepted: () => number;
  /** How many of them are open. */
  readonly open: () => number;
  readonly stop: () => Promise<void>;
};

/** A web server; `port` as given where it is to share one with another site at another address. */
export function startWebSite(tls: TlsOptions, onRequest: RequestListener, host = "127.0.0.1", port = 0): Promise<Site> {
  return listen(createHttpsServer(tls, onRequest), host, port);
}

/** A server that makes the TLS handshake and then does as it likes. */
export function startTlsSite(tls: TlsOptions, onConnection: (socket: TLSSocket) => void): Promise<Site> {
  const server = createTlsServer(tls, (socket) => {
    socket.on("error", () => {});
    onConnection(socket);
  });
  server.on("tlsClientError", () => {});
  return listen(server, "127.0.0.1", 0);
}

/** A server that does as it likes from the first byte. */
export function startTcpSite(onConnection: (socket: Socket) => void, port = 0): Promise<Site> {
  return listen(createTcpServer(onConnection), "127.0.0.1", port);
}

/** Takes connections and what comes on them, and says nothing. */
export function keepSilent(socket: Socket): void {
  socket.resume();
}

/** A port at which nobody listens. */
export async function findClosedPort(): Promise<number> {
  const site = await startTcpSite(() => {});
  await site.stop();
  return site.port;
}

async function listen(server: Server, host: string, port: number): Promise<Site> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  server.on("connection", (socket: Socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening at a port");
  return {
    port: address.port,
    accepted: () => accepted,
    open: () => sockets.size,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
