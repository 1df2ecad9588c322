import { type Hostname, parseHostname, parseServerName, type ServerName, toInstant } from "@switchboard/domain";
import {
  createProber,
  createServerDiscoverer,
  type Prober,
  type ProberOptions,
  type ServerDiscoverer,
  type ServerDiscovererOptions,
} from "../../src/index.ts";
import { type Authority, type Credential, createAuthority } from "./certificates.ts";
import { type ScriptedDns, startScriptedDns } from "./scripted-dns.ts";

/** What the probers under test reach: names, a trusted authority, and one that nobody trusts. */
export type TestNetwork = {
  readonly dns: ScriptedDns;
  readonly authority: Authority;
  readonly stranger: Authority;
  /** Valid for every name of one label below `fed.test`, `localhost`'s addresses included. */
  readonly credential: Credential;
  /** A prober for sites at this port, closed by `stop`. */
  readonly proberAt: (wellKnownPort: number, options?: Partial<ProberOptions>) => Prober;
  /** A discoverer for sites that have everything at this port, closed by `stop`. */
  readonly discovererAt: (port: number, options?: Partial<ServerDiscovererOptions>) => ServerDiscoverer;
  readonly stop: () => Promise<void>;
};

export const NOW = toInstant(Date.parse("2026-06-01T12:00:00Z"));

export async function startTestNetwork(): Promise<TestNetwork> {
  const [dns, authority, stranger] = await Promise.all([
    startScriptedDns(),
    createAuthority("Trusted Root"),
    createAuthority("Unknown Root"),
  ]);
  const credential = await authority.issue({ names: ["*.fed.test"], addresses: ["127.0.0.1", "::1"] });
  const opened: { close(): Promise<void> }[] = [];
  const optionsAt = (wellKnownPort: number): ProberOptions => ({
    dnsServers: [dns.server],
    wellKnownPort,
    allowNetworks: ["127.0.0.0/8", "::1/128"],
    extraCa: authority.caPem,
    deadlineMs: 5_000,
    connectTimeoutMs: 2_000,
    userAgent: "switchboard-tests (+https://example.org/crawler)",
    clock: () => NOW,
    acquireAddress: async () => () => {},
    hasOptedOut: async () => false,
  });
  return {
    dns,
    authority,
    stranger,
    credential,
    proberAt(wellKnownPort, options = {}) {
      const prober = createProber({ ...optionsAt(wellKnownPort), ...options });
      opened.push(prober);
      return prober;
    },
    discovererAt(port, options = {}) {
      const given = { ...optionsAt(port), federationPort: port, random: () => 0.5, ...options };
      const discoverer = createServerDiscoverer(given);
      opened.push(discoverer);
      return discoverer;
    },
    async stop() {
      await Promise.all(opened.map((each) => each.close()));
      await dns.stop();
    },
  };
}

/** A hostname, or an error of the test. */
export function hostname(text: string): Hostname {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** A server name, or an error of the test. */
export function serverName(text: string): ServerName {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** A signal that nobody aborts. */
export function unaborted(): AbortSignal {
  return new AbortController().signal;
}
