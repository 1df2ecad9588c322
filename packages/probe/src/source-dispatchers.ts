import type { LookupFunction } from "node:net";
import { Agent, type Dispatcher } from "undici";
import { ForbiddenAddress } from "./read-failure.ts";
import type { ProbeNetwork } from "./requester.ts";

export type SourceDispatchers = {
  /** Connects to what the operator chose: any address, names as the system resolves them (`/etc/hosts` too). */
  readonly operator: Dispatcher;
  /** Connects to vetted addresses only. */
  readonly server: Dispatcher;
  close(): Promise<void>;
};

const MAX_HEADER_BYTES = 16 * 1024;
/** Between two packets of an answer. */
const IDLE_MS = 30_000;

/** Both keep a connection for the next page, and verify certificates. */
export function createSourceDispatchers(
  network: Pick<ProbeNetwork, "resolver" | "vet" | "secureContext">,
  { connectTimeoutMs, deadlineMs }: { readonly connectTimeoutMs: number; readonly deadlineMs: number },
): SourceDispatchers {
  const { secureContext } = network;
  const shared = {
    connections: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: IDLE_MS,
    bodyTimeout: IDLE_MS,
  };
  const operator = new Agent({ ...shared, connect: { secureContext, timeout: connectTimeoutMs } });
  const lookup = createVettedLookup(network, deadlineMs);
  const server = new Agent({ ...shared, connect: { secureContext, timeout: connectTimeoutMs, lookup } });
  return {
    operator,
    server,
    async close() {
      await Promise.all([operator.destroy(), server.destroy()]);
    },
  };
}

/**
 * The system's place of a look-up, with the probes' resolver and guard: what is dialled is what was vetted. A literal is
 * looked up by nobody; `openResponse` vets it.
 */
function createVettedLookup({ resolver, vet }: Pick<ProbeNetwork, "resolver" | "vet">, timeoutMs: number) {
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolver
      .resolve(hostname, AbortSignal.timeout(timeoutMs))
      .then((resolution) => {
        if (resolution.kind === "failed") throw new Error(resolution.end.detail);
        return resolution.addresses.map((address) => {
          const vetted = vet(address);
          if (vetted === null)
            throw new ForbiddenAddress(`${hostname} stands for ${address}, which is no public address`);
          return { address: vetted as string, family: vetted.includes(":") ? 6 : 4 };
        });
      })
      .then(
        (addresses) => {
          const [first] = addresses;
          if (options.all === true) callback(null, addresses);
          else callback(null, first?.address ?? "", first?.family ?? 0);
        },
        (error: Error) => callback(error, []),
      );
  };
  return lookup;
}
