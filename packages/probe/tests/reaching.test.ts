import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { NAME, serve, setUpScene } from "./harness/scene.ts";
import { findClosedPort, keepSilent, startTcpSite, startWebSite } from "./harness/sites.ts";
import { unaborted } from "./harness/test-network.ts";

const scene = setUpScene();

describe("two families", () => {
  test.each([
    ["the other has no data", { a: ["127.0.0.1"] }],
    ["the other fails", { a: ["127.0.0.1"], aaaa: "servfail" }],
    ["the other does not exist", { a: ["127.0.0.1"], aaaa: "nxdomain" }],
    ["the other is silent", { a: ["127.0.0.1"], aaaa: "silence" }],
    ["the other refuses connections", { a: ["127.0.0.1"], aaaa: ["::1"] }],
    ["the other cannot be reached", { a: ["127.0.0.1"], aaaa: ["ff02::1"] }],
  ] as const)("answer by one where %s", async (_title, names) => {
    const site = await scene.webSite((_request, response) => serve(response));
    scene.network.dns.names.set(NAME, names);
    const prober = scene.network.proberAt(site.port, {
      allowNetworks: ["127.0.0.0/8", "::1/128", "ff00::/8"],
      deadlineMs: 2_000,
    });
    const { end } = await prober.probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
  });

  test.each([
    ["refuses", null],
    ["is silent", keepSilent],
    ["resets", (socket: Socket) => socket.once("data", () => socket.resetAndDestroy())],
  ])("answer by IPv6 where IPv4 %s", async (_title, onConnection) => {
    const site = await startWebSite(scene.network.credential, (_request, response) => serve(response), "::1");
    scene.keep(site);
    if (onConnection !== null) scene.keep(await startTcpSite(onConnection, site.port));
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"], aaaa: ["::1"] });
    const prober = scene.network.proberAt(site.port, { connectTimeoutMs: 500 });
    const { end, hops } = await prober.probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops.map(({ address }) => address)).toEqual(["::1"]);
  });
});

describe("leave to use an address", () => {
  test("is asked for before each connection and given back after it", async () => {
    const events: string[] = [];
    const site = await scene.webSite(({ host }, response) => {
      events.push(`request ${host.split(".")[0]}`);
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(301, { location: `https://www.fed.test:${site.port}/` }).end();
    });
    scene.network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    const prober = scene.network.proberAt(site.port, {
      acquireAddress: async (address) => {
        events.push(`acquire ${address}`);
        return () => events.push(`release ${address}`);
      },
    });
    await prober.probe(NAME, null, unaborted());
    expect(events).toEqual([
      "acquire 127.0.0.1",
      "request server",
      "release 127.0.0.1",
      "acquire 127.0.0.1",
      "request www",
      "release 127.0.0.1",
    ]);
  });

  test("is asked for each address that is tried, and given back where it cannot be reached", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"], aaaa: ["::1"] });
    await site.stop();
    const held: string[] = [];
    const asked: string[] = [];
    const prober = scene.network.proberAt(site.port, {
      acquireAddress: async (address) => {
        held.push(address);
        asked.push(address);
        return () => held.splice(held.indexOf(address), 1);
      },
    });
    const { end } = await prober.probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "failed", reason: "connect-refused" });
    expect(asked).toEqual(["127.0.0.1", "::1"]);
    expect(held).toEqual([]);
  });

  test("is asked for a few addresses at most, however many a name has", async () => {
    const addresses = Array.from({ length: 25 }, (_, n) => `127.0.0.${n + 1}`);
    scene.network.dns.names.set(NAME, { a: addresses });
    const asked: string[] = [];
    const prober = scene.network.proberAt(await findClosedPort(), {
      acquireAddress: async (address) => {
        asked.push(address);
        return () => {};
      },
    });
    await prober.probe(NAME, null, unaborted());
    expect(asked).toEqual(addresses.slice(0, 4));
  });

  test("is waited for outside the deadline", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    const prober = scene.network.proberAt(site.port, {
      deadlineMs: 600,
      acquireAddress: async () => {
        await wait(800);
        return () => {};
      },
    });
    const { end, timing } = await prober.probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(timing.totalMs).toBeLessThan(600);
  });

  test("is one at a time, so that a limit of one cannot block a probe that is redirected", async () => {
    const site = await scene.webSite(({ host }, response) => {
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(301, { location: `https://www.fed.test:${site.port}/` }).end();
    });
    scene.network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    let held = 0;
    let most = 0;
    const prober = scene.network.proberAt(site.port, {
      acquireAddress: async () => {
        held += 1;
        most = Math.max(most, held);
        return () => {
          held -= 1;
        };
      },
    });
    await prober.probe(NAME, null, unaborted());
    expect([most, held]).toEqual([1, 0]);
  });
});
