import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FEDERATION_BEHAVIOURS, type Federation, startFederation } from "../src/index.ts";
import { ask, createResolver } from "./reference-client.ts";

const ADMIN = { family: "document", document: "admin-both", delivery: "plain" } as const;

describe("server discovery, simulated", () => {
  let federation: Federation;

  beforeAll(async () => {
    const names = FEDERATION_BEHAVIOURS.map((how) => ({
      serverName: `${how}.fed.test`,
      behaviour: ADMIN,
      federation: how,
    }));
    federation = await startFederation({ names: [...names, { serverName: "plain.fed.test", behaviour: ADMIN }] });
  });

  afterAll(() => federation.stop());

  it("leaves the support document as it is, whatever the way to be found", async () => {
    for (const { hostname } of federation.names()) {
      const { status, body } = await ask(federation, hostname);
      expect([status, JSON.parse(Buffer.from(body).toString())]).toMatchObject([200, { contacts: [{}] }]);
    }
  });

  it("has SRV records where they belong, and no such name elsewhere", async () => {
    const resolver = createResolver(federation);
    const port = federation.wellKnownPort;
    expect(await resolver.resolveSrv("_matrix-fed._tcp.srv.fed.test")).toEqual([
      { type: "SRV", priority: 10, weight: 5, port, name: "node.srv.fed.test" },
    ]);
    expect(await resolver.resolveSrv("_matrix._tcp.deprecated-srv.fed.test")).toHaveLength(1);
    expect(await resolver.resolveSrv("_matrix-fed._tcp.srv-not-offered.fed.test")).toMatchObject([{ name: "" }]);
    for (const [name, code] of [
      ["_matrix-fed._tcp.default-port.fed.test", "ENOTFOUND"],
      ["_matrix._tcp.srv.fed.test", "ENOTFOUND"],
      ["_matrix._tcp.srv-failing.fed.test", "ESERVFAIL"],
      ["srv.fed.test", "ENODATA"],
    ] as const) {
      await expect(resolver.resolveSrv(name)).rejects.toMatchObject({ code });
    }
  });

  it("has the target of an SRV record at another address than the server", async () => {
    const resolver = createResolver(federation);
    expect(await resolver.resolve4("node.srv.fed.test")).not.toEqual([federation.find("srv.fed.test")?.address]);
  });

  it("finds a server at the default port where nothing else is said", () => {
    expect(federation.find("plain.fed.test")).toMatchObject({
      federation: "default-port",
      federationTruth: { target: { rule: "6", host: "plain.fed.test", port: federation.wellKnownPort }, reason: null },
    });
  });

  it("keeps the way to be found when the document changes", () => {
    federation.setBehaviour("srv.fed.test", { family: "absent", how: "gone" });
    expect(federation.find("srv.fed.test")).toMatchObject({ federation: "srv" });
    federation.setBehaviour("srv.fed.test", ADMIN);
  });
});
