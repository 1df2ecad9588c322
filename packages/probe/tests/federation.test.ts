import { interpretFetch, type ProbeOutcome } from "@switchboard/domain";
import {
  type Behaviour,
  EVERY_BEHAVIOUR,
  type ExpectedOutcome,
  type Federation,
  OPT_OUT_BEHAVIOURS,
  startFederation,
} from "@switchboard/simulator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createProber, type Prober } from "../src/index.ts";
import { hostname, NOW, unaborted } from "./harness/test-network.ts";

const IN_FLIGHT = 16;
const BEHAVIOURS = [...EVERY_BEHAVIOUR, ...OPT_OUT_BEHAVIOURS];

let federation: Federation;
let prober: Prober;
const outcomes = new Map<string, ExpectedOutcome | ProbeOutcome["kind"]>();

function titleOf(behaviour: Behaviour): string {
  return JSON.stringify(behaviour);
}

/** An outcome in the words of the simulator's truth. */
function summarise(outcome: ProbeOutcome): ExpectedOutcome | ProbeOutcome["kind"] {
  switch (outcome.kind) {
    case "document":
      return { kind: "document", verdict: outcome.verdict };
    case "absent":
      return { kind: "absent" };
    case "unusable":
      return { kind: "unusable", reason: outcome.reason };
    case "unreachable":
      return { kind: "unreachable", reason: outcome.reason };
    case "refused":
      return { kind: "refused", reason: outcome.reason };
    case "unchanged":
      return "unchanged";
  }
}

beforeAll(async () => {
  const descriptions = BEHAVIOURS.map((behaviour, n) => ({ serverName: `s${n}.fed.test`, behaviour }));
  federation = await startFederation({ names: descriptions });
  prober = createProber({
    dnsServers: [federation.dnsServer],
    wellKnownPort: federation.wellKnownPort,
    allowNetworks: federation.allowNetworks,
    extraCa: federation.caPem,
    deadlineMs: 3_000,
    connectTimeoutMs: 1_000,
    userAgent: "switchboard-tests (+https://example.org/crawler)",
    clock: () => NOW,
    acquireAddress: async () => () => {},
    hasOptedOut: async () => false,
  });
  const waiting = federation.names();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let server = waiting.shift(); server !== undefined; server = waiting.shift()) {
        const report = await prober.probe(hostname(server.hostname), null, unaborted());
        outcomes.set(titleOf(server.behaviour), summarise(interpretFetch(report, null).outcome));
      }
    }),
  );
});
afterAll(async () => {
  await prober.close();
  await federation.stop();
});

test.each(BEHAVIOURS.map((behaviour, n) => [titleOf(behaviour), `s${n}.fed.test`]))(
  "a server that behaves so comes to its truth: %s",
  (title, serverName) => {
    expect(outcomes.get(title)).toEqual(federation.find(serverName)?.truth);
  },
);

test("nothing is connected to where DNS says no, and the wish is heard in either place", async () => {
  for (const [n, { how }] of OPT_OUT_BEHAVIOURS.entries()) {
    const serverName = `s${EVERY_BEHAVIOUR.length + n}.fed.test`;
    const isDns = how.startsWith("dns");
    expect(federation.requestCount(serverName)).toMatchObject(
      isDns ? { connections: 0, requests: 0 } : { requests: 1 },
    );
    const { optOut } = interpretFetch(await prober.probe(hostname(serverName), null, unaborted()), null);
    expect(optOut).toBe(isDns ? "dns" : "document");
  }
});
