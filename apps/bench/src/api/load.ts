import type { ServerKey } from "@switchboard/domain";
import autocannon from "autocannon";

/** Where listings are asked for, and what a client that knows them already sends. */
export type Target = {
  readonly origin: string;
  /** The tags to send as If-None-Match; null: none is sent. */
  readonly tags: ReadonlyMap<ServerKey, string> | null;
};

export type LoadOptions = {
  readonly names: readonly ServerKey[];
  readonly connections: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
};

export type Load = { readonly answers: number; readonly perSecond: number; readonly p99Ms: number };

/**
 * Asks for listings of random names over `connections` connections, each with one request under way. Rejects where an
 * answer is anything but a 200, or a 304 where tags are sent.
 */
export async function runLoad(target: Target, { names, connections, seconds, signal }: LoadOptions): Promise<Load> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<autocannon.Result>();
  const options: autocannon.Options = {
    url: target.origin,
    connections,
    duration: seconds,
    requests: [
      {
        setupRequest(request) {
          const name = names[Math.floor(Math.random() * names.length)];
          const tag = name === undefined ? undefined : target.tags?.get(name);
          const headers = {
            ...request.headers,
            "x-forwarded-for": randomClient(),
            ...(tag === undefined ? {} : { "if-none-match": tag }),
          };
          return { ...request, path: `/v1/servers/${name}`, headers };
        },
      },
    ],
  };
  const running = autocannon(options, (error, result) => (error ? reject(error) : resolve(result)));
  const stop = () => running.stop();
  signal.addEventListener("abort", stop);
  const result = await promise;
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  const answers = target.tags === null ? result["2xx"] : result["3xx"];
  const others = result["2xx"] + result["3xx"] + result["4xx"] + result["5xx"] + result.errors - answers;
  if (others > 0 || answers === 0) {
    throw new Error(`${target.origin}: ${others} answers beside ${answers} were not what was asked for`);
  }
  return { answers, perSecond: answers / result.duration, p99Ms: result.latency.p99 };
}

/** The quota of one client is far below what one machine can ask: so many ask, as a proxy on this machine would say. */
export function randomClient(): string {
  const part = () => Math.floor(Math.random() * 256);
  return `10.0.${part()}.${part()}`;
}
