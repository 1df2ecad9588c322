import type { DiscoveryReport, DiscoveryStep } from "@switchboard/domain";
import { FEDERATION_BEHAVIOURS, type Federation, startFederation } from "@switchboard/simulator";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createServerDiscoverer, type ServerDiscoverer } from "../src/index.ts";
import { NOW, serverName, unaborted } from "./harness/test-network.ts";

const ADMIN = { family: "document", document: "admin-both", delivery: "plain" } as const;

let federation: Federation;
let discoverer: ServerDiscoverer;

beforeAll(async () => {
  const behaved = FEDERATION_BEHAVIOURS.map((how) => ({
    serverName: `${how}.fed.test`,
    behaviour: ADMIN,
    federation: how,
  }));
  federation = await startFederation({
    names: [
      ...behaved,
      // The certificate that its SRV target presents under its own name is good; the one for the server's name is not.
      { serverName: "bad.fed.test", behaviour: { family: "certificate", how: "wrong-name" }, federation: "srv" },
      { serverName: "no-web.fed.test", behaviour: { family: "dns", how: "no-address" }, federation: "srv" },
      { serverName: "127.64.0.9", behaviour: ADMIN },
    ],
  });
  discoverer = createServerDiscoverer({
    dnsServers: [federation.dnsServer],
    wellKnownPort: federation.wellKnownPort,
    federationPort: federation.wellKnownPort,
    allowNetworks: federation.allowNetworks,
    extraCa: federation.caPem,
    deadlineMs: 5_000,
    connectTimeoutMs: 1_000,
    userAgent: "switchboard-tests (+https://example.org/crawler)",
    clock: () => NOW,
    random: () => 0.5,
    acquireAddress: async () => () => {},
    hasOptedOut: async () => false,
  });
});
afterAll(async () => {
  await discoverer.close();
  await federation.stop();
});

function discover(name: string): Promise<DiscoveryReport> {
  return discoverer.discover(serverName(name), null, unaborted());
}

/** The steps as `kind rule: result`. */
function print(steps: readonly DiscoveryStep[]): string[] {
  return steps.map(({ kind, rule, result }) => {
    const reason = "reason" in result ? ` (${result.reason})` : "";
    return `${kind} ${rule}: ${result.kind}${reason}`;
  });
}

describe("a server that can be found so comes to its truth", () => {
  test.each(FEDERATION_BEHAVIOURS)("%s", async (how) => {
    const { target, software, reason, detail, steps } = await discover(`${how}.fed.test`);
    expect({ target, software, reason }).toEqual(federation.find(`${how}.fed.test`)?.federationTruth);
    expect(detail === "").toBe(reason === null);
    const last = steps.at(-1)?.result;
    if (reason !== null && last !== undefined && "reason" in last) expect(last).toMatchObject({ reason, detail });
  });
});

describe("the steps", () => {
  test.each<[string, string[]]>([
    [
      "delegated-with-srv.fed.test",
      [
        "well-known 3: delegated",
        "srv 3.3: found",
        "addresses 3.3: found",
        "connection 3.3: connected",
        "version 3.3: read",
      ],
    ],
    [
      "default-port.fed.test",
      [
        "well-known 3: none (unexpected-status)",
        "srv 4: none (no-srv-record)",
        "srv 5: none (no-srv-record)",
        "addresses 6: found",
        "connection 6: connected",
        "version 6: read",
      ],
    ],
    [
      "srv-second-target.fed.test",
      [
        "well-known 3: none (unexpected-status)",
        "srv 4: found",
        "addresses 4: failed (dns-not-found)",
        "addresses 4: found",
        "connection 4: connected",
        "version 4: read",
      ],
    ],
    ["srv-not-offered.fed.test", ["well-known 3: none (unexpected-status)", "srv 4: found"]],
    [
      "srv-failing.fed.test",
      [
        "well-known 3: none (unexpected-status)",
        "srv 4: none (dns-failure)",
        "srv 5: none (dns-failure)",
        "addresses 6: found",
        "connection 6: connected",
        "version 6: read",
      ],
    ],
    ["delegated-to-forbidden-port.fed.test", ["well-known 3: delegated", "addresses 3.2: failed (forbidden-port)"]],
    [
      "no-web.fed.test",
      [
        "well-known 3: none (dns-no-address)",
        "srv 4: found",
        "addresses 4: found",
        "connection 4: connected",
        "version 4: read",
      ],
    ],
  ])("of %s are all told, in their order", async (name, steps) => {
    expect(print((await discover(name)).steps)).toEqual(steps);
  });

  test("believe a certificate for the server's name only, not one for the SRV record's target (MSC1711)", async () => {
    const report = await discover("bad.fed.test");
    expect(print(report.steps)).toEqual([
      "well-known 3: none (tls-wrong-name)",
      "srv 4: found",
      "addresses 4: found",
      "connection 4: failed (tls-wrong-name)",
    ]);
    expect(report).toMatchObject({
      reason: "tls-wrong-name",
      detail: expect.stringContaining("not for bad.fed.test"),
      target: { host: "node.bad.fed.test", tlsName: "bad.fed.test" },
    });
  });

  test("are three for an address literal and for a name with a port: nothing is looked up", async () => {
    const port = federation.wellKnownPort;
    for (const [name, rule] of [
      ["127.64.0.9", "1"],
      [`127.64.0.9:${port}`, "1"],
      [`Delegated-With-Srv.fed.test:${port}`, "2"],
    ]) {
      const report = await discover(name ?? "");
      expect(print(report.steps)).toEqual([
        `addresses ${rule}: found`,
        `connection ${rule}: connected`,
        `version ${rule}: read`,
      ]);
      expect(report.target?.hostHeader).toBe(name?.toLowerCase());
    }
  });
});
