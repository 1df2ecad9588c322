import { Resolver } from "node:dns/promises";
import { type IncomingHttpHeaders, request } from "node:http";
import { BlockList, isIP } from "node:net";
import { connect } from "node:tls";
import { gunzipSync } from "node:zlib";
import {
  type FetchFailure,
  type FetchRefusal,
  type Hop,
  type HopHeaders,
  interpretFetch,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
  MAX_REDIRECTS,
  parseHostname,
  toInstant,
} from "@switchboard/domain";
import type { ExpectedOutcome, Federation } from "../src/index.ts";

/**
 * A plain client on node:dns, node:tls and node:http: a second opinion on what comes of a simulated server, which shares
 * no code with the real probe and none with the simulator.
 */
export type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Uint8Array };

type Attempt =
  | { readonly kind: "answer"; readonly answer: Answer; readonly address: string }
  | { readonly kind: "failed"; readonly reason: FetchFailure }
  | { readonly kind: "refused" };

type Phase = "connect" | "answer";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8);

const DNS_FAILURES: Readonly<Record<string, FetchFailure>> = {
  ENOTFOUND: "dns-not-found",
  ENODATA: "dns-no-address",
  ESERVFAIL: "dns-failure",
  EREFUSED: "dns-failure",
  ETIMEOUT: "dns-timeout",
};

const CODE_FAILURES: Readonly<Record<string, FetchFailure>> = {
  ECONNREFUSED: "connect-refused",
  ENETUNREACH: "connect-unreachable",
  ECONNRESET: "connection-reset",
  CERT_HAS_EXPIRED: "tls-expired",
  CERT_NOT_YET_VALID: "tls-failure",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls-self-signed",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls-untrusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "tls-wrong-name",
  EPROTO: "tls-failure",
  ERR_SSL_WRONG_VERSION_NUMBER: "tls-failure",
  HPE_HEADER_OVERFLOW: "headers-too-large",
  HPE_INVALID_CONSTANT: "protocol-error",
};

/** Waits this long for an answer; nothing healthy takes a fraction of it. */
const PATIENCE_MS = 5_000;

/** What comes of reading a server's support document, redirects followed. */
export async function readOutcome(federation: Federation, hostname: string): Promise<ExpectedOutcome> {
  const port = federation.wellKnownPort;
  const hops: Hop[] = [];
  const seen = new Set<string>();
  let url = new URL(`https://${hostname}:${port}/.well-known/matrix/support`);
  for (;;) {
    if (seen.has(url.href)) return { kind: "unreachable", reason: "redirect-loop" };
    seen.add(url.href);
    const attempt = await fetchOnce(federation, url);
    if (attempt.kind === "failed") return { kind: "unreachable", reason: attempt.reason };
    if (attempt.kind === "refused") return { kind: "refused", reason: "forbidden-address" };
    const { answer, address } = attempt;
    hops.push({ url: url.href, status: answer.status, address, headers: hopHeaders(answer.headers) });
    const next = URL.parse(answer.headers.location ?? "https://", url);
    if (![301, 302, 303, 307, 308].includes(answer.status) || next === null) return meaningOf(hostname, hops, answer);
    const refusal = refusalOf(next, port);
    if (refusal !== null) return { kind: "refused", reason: refusal };
    if (hops.length > MAX_REDIRECTS) return { kind: "unreachable", reason: "too-many-redirects" };
    url = next;
  }
}

/** One request to a server of the federation. Rejects where there is no whole answer, with the code that Node gives it. */
export async function ask(
  federation: Federation,
  hostname: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const resolver = createResolver(federation);
  const [address] = await resolver.resolve4(hostname);
  const url = new URL(`https://${hostname}:${federation.wellKnownPort}/.well-known/matrix/support`);
  return requestAnswer({ federation, url, address: address ?? "", headers, entered: () => {} });
}

/** A resolver that asks the federation only. */
export function createResolver(federation: Federation): Resolver {
  const resolver = new Resolver({ timeout: 1_500, tries: 2 });
  resolver.setServers([federation.dnsServer]);
  return resolver;
}

function refusalOf(url: URL, port: number): FetchRefusal | null {
  if (url.protocol === "http:") return "redirect-to-http";
  if (url.protocol !== "https:") return "redirect-to-other-scheme";
  if (url.username !== "") return "redirect-with-credentials";
  return url.port === String(port) ? null : "redirect-to-forbidden-port";
}

async function fetchOnce(federation: Federation, url: URL): Promise<Attempt> {
  const resolved = await resolveBoth(federation, url.hostname);
  if (typeof resolved === "string") return { kind: "failed", reason: resolved };
  if (!resolved.every((address) => isIP(address) === 4 && LOOPBACK.check(address, "ipv4"))) return { kind: "refused" };
  let reason: FetchFailure = "dns-no-address";
  for (const address of resolved) {
    let phase: Phase = "connect";
    const entered = (next: Phase) => {
      phase = next;
    };
    try {
      return {
        kind: "answer",
        address,
        answer: await requestAnswer({ federation, url, address, headers: {}, entered }),
      };
    } catch (error) {
      reason = failureOf(error, phase);
      if (!reason.startsWith("connect-")) break;
    }
  }
  return { kind: "failed", reason };
}

async function resolveBoth(federation: Federation, host: string): Promise<string[] | FetchFailure> {
  if (host.startsWith("[")) return [host.slice(1, -1)];
  if (isIP(host) !== 0) return [host];
  const resolver = createResolver(federation);
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  const found = [four, six].flatMap((family) => (family.status === "fulfilled" ? family.value : []));
  if (found.length > 0) return found;
  return DNS_FAILURES[codeOf(four.status === "rejected" ? four.reason : null)] ?? "dns-failure";
}

function requestAnswer(options: {
  federation: Federation;
  url: URL;
  address: string;
  headers: Record<string, string>;
  entered: (phase: Phase) => void;
}): Promise<Answer> {
  const { federation, url, address, entered } = options;
  const servername = isIP(url.hostname) === 0 ? url.hostname : "";
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: address,
      port: federation.wellKnownPort,
      servername,
      ca: federation.caPem,
      ALPNProtocols: ["http/1.1"],
      ...(servername === "" ? { host: url.hostname } : {}),
    });
    socket.once("secureConnect", () => entered("answer"));
    const asked = request({
      createConnection: () => socket,
      path: url.pathname,
      headers: { host: url.host, ...options.headers },
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const end = (error: Error) => {
      clearTimeout(timer);
      asked.destroy();
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => end(Object.assign(new Error("too slow"), { code: "TOO_SLOW" })), PATIENCE_MS);
    socket.once("error", end);
    asked.once("error", end);
    asked.once("response", (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.once("error", end);
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > MAX_BODY_BYTES) end(Object.assign(new Error("too large"), { code: "TOO_LARGE" }));
      });
      response.once("end", () => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    asked.end();
  });
}

function failureOf(error: unknown, phase: Phase): FetchFailure {
  const code = codeOf(error);
  if (code === "TOO_SLOW") return phase === "connect" ? "connect-timeout" : "timeout";
  if (code === "TOO_LARGE") return "body-too-large";
  const reason = CODE_FAILURES[code] ?? (code.startsWith("ERR_SSL_") ? "tls-failure" : undefined);
  if (reason === undefined) throw error;
  return reason;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function meaningOf(hostname: string, hops: readonly Hop[], answer: Answer): ExpectedOutcome {
  const parsed = parseHostname(hostname);
  const headers = hops.at(-1)?.headers;
  if (!parsed.ok || headers === null || headers === undefined) throw new Error(`no answer of a server: ${hostname}`);
  let body: Uint8Array | null = answer.body;
  if (headers.contentEncoding === "gzip") {
    body = gunzipSync(answer.body);
    if (body.length > MAX_BODY_BYTES) return { kind: "unreachable", reason: "body-too-large" };
  } else if (headers.contentEncoding !== null) {
    body = null;
  }
  const { outcome } = interpretFetch(
    {
      hostname: parsed.value,
      fetchedAt: toInstant(0),
      hops,
      tls: null,
      timing: { totalMs: 0, dnsMs: null, connectMs: null, firstByteMs: null },
      conditional: false,
      directoryRecord: null,
      end: { kind: "response", status: answer.status, headers, body },
    },
    null,
  );
  switch (outcome.kind) {
    case "document":
      return { kind: "document", verdict: outcome.verdict };
    case "absent":
      return { kind: "absent" };
    case "unchanged":
      throw new Error("nothing was asked conditionally");
    case "unusable":
      return { kind: "unusable", reason: outcome.reason };
    case "unreachable":
      return { kind: "unreachable", reason: outcome.reason };
    case "refused":
      return { kind: "refused", reason: outcome.reason };
  }
}

function hopHeaders(headers: IncomingHttpHeaders): HopHeaders {
  const one = (name: string) => {
    const value = headers[name];
    return typeof value === "string" ? value : null;
  };
  return {
    contentType: one("content-type"),
    contentEncoding: one("content-encoding"),
    accessControlAllowOrigin: one("access-control-allow-origin"),
    cacheControl: one("cache-control"),
    expires: one("expires"),
    age: one("age"),
    date: one("date"),
    retryAfter: one("retry-after"),
    etag: one("etag"),
    lastModified: one("last-modified"),
    location: one("location"),
    server: one("server"),
  };
}
