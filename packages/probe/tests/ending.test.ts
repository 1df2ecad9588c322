import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ProberClosed, type ProberOptions } from "../src/index.ts";
import { NAME, serve, setUpScene } from "./harness/scene.ts";
import { keepSilent, startTcpSite } from "./harness/sites.ts";
import { hostname, unaborted } from "./harness/test-network.ts";

const scene = setUpScene();

describe("an aborted signal", () => {
  const reason = new Error("shutting down");

  async function expectAborted(port: number, options: Partial<ProberOptions> = {}): Promise<void> {
    const controller = new AbortController();
    let released = 0;
    let acquired = 0;
    const prober = scene.network.proberAt(port, {
      acquireAddress: async () => {
        acquired += 1;
        return () => {
          released += 1;
        };
      },
      ...options,
    });
    const probing = prober.probe(NAME, null, controller.signal);
    setTimeout(() => controller.abort(reason), 150);
    await expect(probing).rejects.toBe(reason);
    expect(released).toBe(acquired);
  }

  test("rejects at once where it is aborted already", async () => {
    const prober = scene.network.proberAt(443);
    await expect(prober.probe(NAME, null, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(scene.network.dns.asked).toEqual([]);
  });

  test("rejects with its reason while DNS is asked", async () => {
    scene.network.dns.names.set(NAME, { a: "silence", aaaa: "silence" });
    await expectAborted(443);
  });

  test("rejects with its reason while leave is waited for", async () => {
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    await expectAborted(443, {
      acquireAddress: (_address, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
  });

  test("gives back leave that comes too late", async () => {
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    let released = 0;
    await expectAborted(443, {
      acquireAddress: async () => {
        await wait(200);
        return () => {
          released += 1;
        };
      },
    });
    expect(released).toBe(1);
  });

  test("rejects with its reason in a handshake, and closes the socket", async () => {
    const site = await startTcpSite(keepSilent);
    scene.keep(site);
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    await expectAborted(site.port);
    await expect.poll(() => site.open()).toBe(0);
    expect(site.accepted()).toBe(1);
  });

  test("rejects with its reason while an answer is waited for, and closes the socket", async () => {
    const site = await scene.webSite(() => {});
    await expectAborted(site.port);
    await expect.poll(() => site.open()).toBe(0);
    expect(site.accepted()).toBe(1);
  });

  test("cuts short its own probe only", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"], delayMs: 300 });
    const prober = scene.network.proberAt(site.port);
    const controller = new AbortController();
    const probes = Array.from({ length: 16 }, (_, n) =>
      prober.probe(NAME, null, n % 2 === 0 ? controller.signal : unaborted()),
    );
    const ends = Promise.allSettled(probes);
    await wait(50);
    controller.abort(reason);
    (await ends).forEach((end, n) => {
      if (n % 2 === 0) expect(end).toEqual({ status: "rejected", reason });
      else expect(end).toMatchObject({ status: "fulfilled", value: { end: { kind: "response", status: 200 } } });
    });
  });

  test("may be shared by many probes", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const prober = scene.network.proberAt(site.port);
    const signal = unaborted();
    const reports = await Promise.all(Array.from({ length: 100 }, () => prober.probe(NAME, null, signal)));
    await wait(0);
    process.off("warning", note);
    expect(new Set(reports.map(({ end }) => end.kind))).toEqual(new Set(["response"]));
    expect(warnings).toEqual([]);
  });
});

describe("leave that is not given", () => {
  test("ends the probe with what it was refused with, after a redirect too, and leaves no socket behind", async () => {
    const busy = { afterMs: 5_000 };
    const site = await scene.webSite((request, response) => {
      if (request.host.startsWith("busy")) serve(response);
      else response.writeHead(302, { location: `https://busy.fed.test:${site.port}/support` }).end();
    });
    scene.network.dns.names.set("busy.fed.test", { a: ["127.0.0.1"] });
    const asked: string[] = [];
    let released = 0;
    const prober = scene.network.proberAt(site.port, {
      acquireAddress: async (address) => {
        asked.push(address);
        if (asked.length > 1) throw busy;
        return () => {
          released += 1;
        };
      },
    });
    await expect(prober.probe(NAME, null, unaborted())).rejects.toBe(busy);
    expect(asked).toEqual(["127.0.0.1", "127.0.0.1"]);
    expect(released).toBe(1);
    await expect.poll(() => site.open()).toBe(0);
    expect(site.requests).toHaveLength(1);
  });
});

describe("close", () => {
  test("cuts short what is in flight and leaves no socket and no query behind", async () => {
    const site = await scene.webSite((request, response) => {
      if (request.host.startsWith("fast")) serve(response);
    });
    const silent = await startTcpSite(keepSilent);
    scene.keep(silent);
    const resources = () => process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Query/.test(kind)).length;
    scene.network.dns.names.set("fast.fed.test", { a: ["127.0.0.1"] });
    scene.network.dns.names.set("mute.fed.test", { a: "silence", aaaa: "silence" });
    const before = resources();
    const prober = scene.network.proberAt(site.port);
    const other = scene.network.proberAt(silent.port);
    await prober.probe(hostname("fast.fed.test"), null, unaborted());
    const waiting = [
      prober.probe(NAME, null, unaborted()),
      prober.probe(hostname("mute.fed.test"), null, unaborted()),
      other.probe(NAME, null, unaborted()),
    ];
    const ends = Promise.allSettled(waiting);
    await expect.poll(() => [site.open(), silent.open()]).toEqual([1, 1]);
    await Promise.all([prober.close(), other.close()]);
    for (const end of await ends) expect(end).toMatchObject({ status: "rejected", reason: expect.any(ProberClosed) });
    await expect.poll(() => [site.open(), silent.open()]).toEqual([0, 0]);
    await expect.poll(resources).toBeLessThanOrEqual(before);
    await expect(prober.probe(NAME, null, unaborted())).rejects.toBeInstanceOf(ProberClosed);
  });

  test("may be called twice, and of a prober that did nothing", async () => {
    const prober = scene.network.proberAt(443);
    await Promise.all([prober.close(), prober.close()]);
  });
});
