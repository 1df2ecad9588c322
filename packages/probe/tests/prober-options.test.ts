import { describe, expect, test } from "vitest";
import { createProber } from "../src/index.ts";
import { NAME, serve, setUpScene } from "./harness/scene.ts";
import { NOW, unaborted } from "./harness/test-network.ts";

const scene = setUpScene();

describe("createProber", () => {
  const options = {
    dnsServers: null,
    wellKnownPort: 443,
    allowNetworks: [],
    extraCa: null,
    deadlineMs: 1_000,
    connectTimeoutMs: 1_000,
    userAgent: "tests",
    clock: () => NOW,
    acquireAddress: async () => () => {},
    hasOptedOut: async () => false,
  };

  test.each([
    ["a DNS server", { dnsServers: ["dns.example.org"] }],
    ["a network", { allowNetworks: ["127.0.0.1"] }],
    ["a CA without certificates", { extraCa: "nothing here" }],
    ["a CA", { extraCa: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }],
  ])("throws where it cannot use %s", (_title, wrong) => {
    expect(() => createProber({ ...options, ...wrong })).toThrow(TypeError);
  });

  test("trusts nobody but the roots where no CA is given", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    const { end } = await scene.network.proberAt(site.port, { extraCa: null }).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "failed", reason: "tls-untrusted" });
  });

  test("trusts every certificate of a bundle", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    const extraCa = `# a bundle\n${scene.network.stranger.caPem}\n\n# and another\n${scene.network.authority.caPem}\n`;
    const { end } = await scene.network.proberAt(site.port, { extraCa }).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
  });
});
