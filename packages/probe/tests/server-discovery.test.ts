import type { ServerResponse } from "node:http";
import { addMs, type DiscoveryStep } from "@switchboard/domain";
import { describe, expect, test } from "vitest";
import { ProberClosed } from "../src/index.ts";
import { NAME, setUpScene } from "./harness/scene.ts";
import { startWebSite } from "./harness/sites.ts";
import { NOW, serverName, unaborted } from "./harness/test-network.ts";

const scene = setUpScene();

const WELL_KNOWN = "/.well-known/matrix/server";
const VERSION = "/_matrix/federation/v1/version";
const SOFTWARE = { name: "Synapse", version: "1.149.0" };

type Delegation = { readonly to: string; readonly headers?: Record<string, string> };

/** Answers as a homeserver that delegates, or does not. */
function answerAs(delegation: Delegation | null) {
  return ({ path }: { path: string }, response: ServerResponse) => {
    if (path === VERSION) response.end(JSON.stringify({ server: SOFTWARE }));
    else if (path === WELL_KNOWN && delegation !== null) {
      response.writeHead(200, delegation.headers ?? {}).end(JSON.stringify({ "m.server": delegation.to }));
    } else response.writeHead(404).end();
  };
}

function stepOf<K extends DiscoveryStep["kind"]>(steps: readonly DiscoveryStep[], kind: K) {
  return steps.find((step): step is Extract<DiscoveryStep, { kind: K }> => step.kind === kind);
}

describe("the Host header", () => {
  test.each<[string, (port: number) => { name: string; delegatedTo: string | null; host: string }]>([
    ["is the name, without the port that is not its own", () => ({ name: NAME, delegatedTo: null, host: NAME })],
    ["has the port of the name", (port) => ({ name: `${NAME}:${port}`, delegatedTo: null, host: `${NAME}:${port}` })],
    ["is the delegated name's", () => ({ name: NAME, delegatedTo: "other.fed.test", host: "other.fed.test" })],
    [
      "has the port of the delegated name",
      (port) => ({ name: NAME, delegatedTo: `other.fed.test:${port}`, host: `other.fed.test:${port}` }),
    ],
    [
      "is the delegated address",
      (port) => ({ name: NAME, delegatedTo: `127.0.0.1:${port}`, host: `127.0.0.1:${port}` }),
    ],
  ])("%s", async (_, question) => {
    let delegation: Delegation | null = null;
    const site = await scene.webSite((request, response) => answerAs(delegation)(request, response));
    scene.network.dns.names.set("other.fed.test", { a: ["127.0.0.1"] });
    const { name, delegatedTo, host } = question(site.port);
    delegation = delegatedTo === null ? null : { to: delegatedTo };

    const report = await scene.network.discovererAt(site.port).discover(serverName(name), null, unaborted());

    expect(report).toMatchObject({ software: SOFTWARE, target: { hostHeader: host } });
    const asked = site.requests.filter(({ path }) => path === VERSION).map((request) => request.host);
    expect(asked).toEqual([host]);
  });

  test("of an IPv6 literal keeps its brackets, and the certificate is verified for the address", async () => {
    const hosts: (string | undefined)[] = [];
    const site = await startWebSite(
      scene.network.credential,
      (request, response) => {
        hosts.push(request.headers.host);
        response.end(JSON.stringify({ server: SOFTWARE }));
      },
      "::1",
    );
    scene.keep(site);
    const report = await scene.network.discovererAt(site.port).discover(serverName("[::1]"), null, unaborted());
    expect(report).toMatchObject({ software: SOFTWARE, target: { rule: "1", addresses: ["::1"], tlsName: "[::1]" } });
    expect(hosts).toEqual(["[::1]"]);
  });
});

describe("a discovery", () => {
  test.each([
    ["by its record", [["v=switchboard1; directory=no"]], ""],
    ["by the directory", undefined, "other.fed.test"],
  ])("does not connect to where a server delegates to that asks to be left alone: %s", async (_how, txt, optedOut) => {
    const site = await scene.webSite(answerAs({ to: `Other.fed.test:${4_000}` }));
    scene.network.dns.names.set("other.fed.test", { a: ["127.0.0.1"], ...(txt === undefined ? {} : { txt }) });
    const hasOptedOut = async (name: string) => name === optedOut || name === NAME;
    const discoverer = scene.network.discovererAt(site.port, { hasOptedOut });
    const report = await discoverer.discover(serverName(NAME), null, unaborted());
    expect(report).toMatchObject({
      software: null,
      reason: "opted-out",
      detail: expect.stringContaining("other.fed.test"),
    });
    expect(stepOf(report.steps, "connection")).toBeUndefined();
    expect(site.requests.map(({ path }) => path)).toEqual([WELL_KNOWN]);
  });

  test("says how long the well-known document is good for, what the handshake showed, and how long all took", async () => {
    const headers = { "cache-control": "max-age=600" };
    const site = await scene.webSite(answerAs({ to: "other.fed.test", headers }));
    scene.network.dns.names.set("other.fed.test", { a: ["127.0.0.1"] });
    const { steps, totalMs } = await scene.network
      .discovererAt(site.port)
      .discover(serverName(NAME), null, unaborted());
    expect(stepOf(steps, "well-known")).toMatchObject({
      url: `https://${NAME}:${site.port}${WELL_KNOWN}`,
      freshForMs: 600_000,
      hops: [{ status: 200, address: "127.0.0.1" }],
    });
    expect(stepOf(steps, "connection")).toMatchObject({
      tlsName: "other.fed.test",
      tls: { protocol: "TLSv1.3", issuer: expect.stringContaining("Trusted Root") },
      result: { address: "127.0.0.1" },
    });
    expect(stepOf(steps, "version")).toMatchObject({ path: VERSION, hostHeader: "other.fed.test", status: 200 });
    const sum = steps.reduce((total, { tookMs }) => total + tookMs, 0);
    expect(Math.abs(totalMs - sum)).toBeLessThan(100);
  });

  test("uses a delegation that is known while it is fresh, and asks again after", async () => {
    const site = await scene.webSite(answerAs({ to: "other.fed.test" }));
    for (const name of ["other.fed.test", "known.fed.test"]) scene.network.dns.names.set(name, { a: ["127.0.0.1"] });
    const discoverer = scene.network.discovererAt(site.port);
    const knownFor = (ms: number) => ({ serverName: serverName("known.fed.test"), freshUntil: addMs(NOW, ms) });

    const known = await discoverer.discover(serverName(NAME), knownFor(60_000), unaborted());
    expect(stepOf(known.steps, "well-known")).toMatchObject({
      isKnown: true,
      hops: [],
      result: { kind: "delegated", serverName: "known.fed.test" },
      freshForMs: 60_000,
    });
    expect(known.target).toMatchObject({ rule: "3.5", tlsName: "known.fed.test" });
    expect(site.requests.map(({ path }) => path)).toEqual([VERSION]);

    const stale = await discoverer.discover(serverName(NAME), knownFor(0), unaborted());
    expect(stepOf(stale.steps, "well-known")).toMatchObject({ isKnown: false, hops: [{ status: 200 }] });
    expect(stale.target).toMatchObject({ tlsName: "other.fed.test" });
    expect(site.requests.map(({ path }) => path)).toEqual([VERSION, WELL_KNOWN, VERSION]);
  });

  test("does not follow a redirect of the version, which no homeserver would", async () => {
    const site = await scene.webSite(({ path }, response) => {
      response.writeHead(path === VERSION ? 302 : 404, { location: "/elsewhere" }).end();
    });
    const report = await scene.network.discovererAt(site.port).discover(serverName(NAME), null, unaborted());
    expect(report).toMatchObject({ software: null, reason: "unexpected-status", detail: "HTTP status 302" });
    expect(site.requests.map(({ path }) => path)).toEqual([WELL_KNOWN, VERSION]);
  });

  test("dials nobody at a port that is not for us, nor at an address that is not public", async () => {
    const site = await scene.webSite(answerAs(null));
    const discoverer = scene.network.discovererAt(site.port, { allowNetworks: [] });
    const port = await scene.network.discovererAt(site.port).discover(serverName(`${NAME}:25`), null, unaborted());
    expect(port).toMatchObject({ reason: "forbidden-port", target: { port: 25, addresses: [] } });
    const address = await discoverer.discover(serverName(NAME), null, unaborted());
    expect(address).toMatchObject({ reason: "forbidden-address", target: { addresses: [] } });
    expect(site.accepted()).toBe(0);
  });

  test("leaves time for the default port where the web server keeps silent", async () => {
    const site = await scene.webSite(({ path }, response) => {
      if (path === VERSION) response.end(JSON.stringify({ server: SOFTWARE }));
    });
    const discoverer = scene.network.discovererAt(site.port, { deadlineMs: 2_400 });
    const { steps, software } = await discoverer.discover(serverName(NAME), null, unaborted());
    expect(stepOf(steps, "well-known")?.result).toMatchObject({ kind: "none", reason: "timeout" });
    expect(software).toEqual(SOFTWARE);
  });

  test("leaves time for the default port where DNS keeps silent about SRV records", async () => {
    const site = await scene.webSite(answerAs(null));
    for (const service of ["_matrix-fed._tcp", "_matrix._tcp"]) {
      scene.network.dns.names.set(`${service}.${NAME}`, { srv: "silence" });
    }
    const discoverer = scene.network.discovererAt(site.port, { deadlineMs: 3_000 });
    const { steps, software } = await discoverer.discover(serverName(NAME), null, unaborted());
    expect(stepOf(steps, "srv")?.result).toMatchObject({ kind: "none", reason: "dns-timeout" });
    expect(software).toEqual(SOFTWARE);
  });

  test("ends with the deadline, whoever keeps silent", async () => {
    const site = await scene.webSite(() => {});
    const discoverer = scene.network.discovererAt(site.port, { deadlineMs: 1_200 });
    const report = await discoverer.discover(serverName(NAME), null, unaborted());
    expect(report).toMatchObject({ software: null, reason: "timeout", target: { rule: "6" } });
    expect(report.totalMs).toBeGreaterThan(1_100);
    expect(report.totalMs).toBeLessThan(4_000);
    await expect.poll(site.open).toBe(0);
  });

  test("asks for leave before each connection, holds one address at a time and gives each back", async () => {
    const site = await scene.webSite(answerAs({ to: "other.fed.test" }));
    scene.network.dns.names.set("other.fed.test", { a: ["127.0.0.1"] });
    let held = 0;
    const most: number[] = [];
    const discoverer = scene.network.discovererAt(site.port, {
      acquireAddress: async () => {
        held += 1;
        most.push(held);
        return () => {
          held -= 1;
        };
      },
    });
    await discoverer.discover(serverName(NAME), null, unaborted());
    expect(most).toEqual([1, 1]);
    expect(held).toBe(0);
  });

  test("does not count waiting for our own limits against the deadline", async () => {
    const site = await scene.webSite(answerAs(null));
    const discoverer = scene.network.discovererAt(site.port, {
      deadlineMs: 1_500,
      acquireAddress: async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return () => {};
      },
    });
    const report = await discoverer.discover(serverName(NAME), null, unaborted());
    expect(report.software).toEqual(SOFTWARE);
    expect(report.totalMs).toBeLessThan(1_500);
  });

  test("that is aborted, or whose discoverer is closed, has no report and leaves no socket open", async () => {
    const site = await scene.webSite(() => {});
    const discoverer = scene.network.discovererAt(site.port);
    const controller = new AbortController();
    const aborted = discoverer.discover(serverName(NAME), null, controller.signal);
    const cut = discoverer.discover(serverName(NAME), null, unaborted());
    const outcomes = Promise.allSettled([aborted, cut]);
    await expect.poll(() => site.requests.length).toBe(2);
    controller.abort(new Error("enough"));
    await discoverer.close();
    expect(await outcomes).toMatchObject([
      { status: "rejected", reason: { message: "enough" } },
      { status: "rejected", reason: { name: "ProberClosed" } },
    ]);
    await expect(discoverer.discover(serverName(NAME), null, unaborted())).rejects.toThrow(ProberClosed);
    await expect.poll(site.open).toBe(0);
  });
});
