import { type Hostname, parseHostname, toInstant } from "@switchboard/domain";
import { createProber, type Prober, type ProberOptions } from "../../src/index.ts";
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
  const probers: Prober[] = [];
  return {
    dns,
    authority,
    stranger,
    credential,
    proberAt(wellKnownPort, options = {}) {
      const prober = createProber({
        dnsServers: [dns.server],
        wellKnownPort,
        allowNetworks: ["127.0.0.0/8", "::1/128"],
        extraCa: authority.caPem,
        deadlineMs: 5_000,
        connectTimeoutMs: 2_000,
        userAgent: "switchboard-tests (+https://example.org/crawler)",
        clock: () => NOW,
        acquireAddress: async () => () => {},
        ...options,
      });
      probers.push(prober);
      return prober;
    },
    async stop() {
      await Promise.all(probers.map((prober) => prober.close()));
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

/** A signal that nobody aborts. */
export function unaborted(): AbortSignal {
  return new AbortController().signal;
}
