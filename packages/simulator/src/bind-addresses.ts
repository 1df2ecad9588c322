import { once } from "node:events";
import { createServer, type Server } from "node:net";

/** Listeners at one port of several loopback addresses. */
export type BoundAddresses = {
  readonly port: number;
  readonly addresses: readonly string[];
  readonly listeners: readonly Server[];
  /** Stops listening, and waits until the connections that were made are closed. May be called again. */
  readonly stop: () => Promise<void>;
};

/** How many connections may wait to be accepted at one address, the federation being one busy process. */
const BACKLOG = 1_024;

/** How often another port is tried where somebody else has the first one at another address. */
const PORT_TRIES = 20;

/**
 * Binds `count` addresses of 127.0.0.0/8 at one port (0 picks one). All are loopback's own, so that nobody
 * outside this machine can ever connect. Where the system has no address but 127.0.0.1, that is the one it binds.
 * Throws where the port is taken.
 */
export async function bindAddresses(count: number, port: number): Promise<BoundAddresses> {
  for (let tries = 1; ; tries += 1) {
    const listeners: Server[] = [];
    try {
      return await bindAll(candidateAddresses(count), port, listeners);
    } catch (error) {
      await closeAll(listeners);
      if (isCode(error, "EADDRNOTAVAIL")) return bindAll(["127.0.0.1"], port, []);
      if (!isCode(error, "EADDRINUSE") || port !== 0 || tries === PORT_TRIES) throw error;
    }
  }
}

/** Fills `listeners` as it goes, so that the caller can close what was bound before a failure. */
async function bindAll(addresses: readonly string[], port: number, listeners: Server[]): Promise<BoundAddresses> {
  let bound = port;
  for (const host of addresses) {
    const listener = createServer();
    listeners.push(listener);
    listener.listen({ host, port: bound, backlog: BACKLOG });
    await once(listener, "listening");
    const address = listener.address();
    if (typeof address === "object" && address !== null) bound = address.port;
  }
  return { port: bound, addresses, listeners, stop: () => closeAll(listeners) };
}

async function closeAll(listeners: readonly Server[]): Promise<void> {
  await Promise.all(listeners.map((listener) => new Promise((closed) => listener.close(closed))));
}

function candidateAddresses(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `127.64.${Math.floor(n / 250)}.${(n % 250) + 1}`);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
