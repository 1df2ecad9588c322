import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { MAX_BODY_BYTES, toInstant, type Validator } from "@switchboard/domain";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createProber, ProberClosed } from "../src/index.ts";
import { findClosedPort, keepSilent, type Site, startTcpSite, startTlsSite, startWebSite } from "./harness/sites.ts";
import { hostname, NOW, startTestNetwork, type TestNetwork, unaborted } from "./harness/test-network.ts";

const DOCUMENT = '{"contacts":[]}';
const NAME = hostname("server.fed.test");

let network: TestNetwork;
const sites: Site[] = [];
beforeAll(async () => {
  network = await startTestNetwork();
});
afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.stop()));
  network.dns.names.clear();
  network.dns.asked.length = 0;
});
afterAll(() => network.stop());

type Request = { readonly host: string; readonly path: string; readonly headers: IncomingHttpHeaders };
type Answering = (request: Request, response: ServerResponse) => void;

/** A web server for every name below `fed.test`, whose requests are kept; `server.fed.test` resolves to it. */
async function webSite(answer: Answering): Promise<Site & { readonly requests: Request[] }> {
  const requests: Request[] = [];
  const site = await startWebSite(network.credential, ({ headers, url }, response) => {
    const request = { host: headers.host ?? "", path: url ?? "", headers };
    requests.push(request);
    answer(request, response);
  });
  sites.push(site);
  network.dns.names.set(NAME, { a: ["127.0.0.1"] });
  return { ...site, requests };
}

function serve(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(DOCUMENT);
}

function bodyOf(body: Uint8Array | null): string {
  return new TextDecoder().decode(body ?? undefined);
}

describe("an answer", () => {
  test("is reported with everything on the way to it", async () => {
    const site = await webSite((_request, response) =>
      serve(response, { etag: '"1"', "access-control-allow-origin": "*", server: "tests" }),
    );
    const report = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(report).toEqual({
      hostname: NAME,
      fetchedAt: NOW,
      hops: [
        {
          url: `https://server.fed.test:${site.port}/.well-known/matrix/support`,
          status: 200,
          address: "127.0.0.1",
          headers: {
            contentType: "application/json",
            contentEncoding: null,
            accessControlAllowOrigin: "*",
            cacheControl: null,
            expires: null,
            age: null,
            date: expect.any(String),
            retryAfter: null,
            etag: '"1"',
            lastModified: null,
            location: null,
            server: "tests",
          },
        },
      ],
      tls: {
        protocol: "TLSv1.3",
        issuer: "CN=Trusted Root, O=Probe Tests",
        validTo: toInstant(Date.parse("2099-12-31")),
      },
      timing: {
        totalMs: expect.any(Number),
        dnsMs: expect.any(Number),
        connectMs: expect.any(Number),
        firstByteMs: expect.any(Number),
      },
      conditional: false,
      end: {
        kind: "response",
        status: 200,
        headers: report.hops[0]?.headers,
        body: new TextEncoder().encode(DOCUMENT),
      },
    });
    const { totalMs, dnsMs, connectMs, firstByteMs } = report.timing;
    expect((dnsMs ?? 0) + (connectMs ?? 0)).toBeLessThanOrEqual((firstByteMs ?? 0) + 0.2);
    expect(firstByteMs).toBeLessThanOrEqual(totalMs);
  });

  test("is asked for by a client that says who it is, and takes anything but compression", async () => {
    const site = await webSite((_request, response) => serve(response));
    await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(site.requests).toEqual([
      {
        host: `server.fed.test:${site.port}`,
        path: "/.well-known/matrix/support",
        headers: {
          host: `server.fed.test:${site.port}`,
          connection: "keep-alive",
          accept: "application/json, */*;q=0.5",
          "accept-encoding": "identity",
          "user-agent": "switchboard-tests (+https://example.org/crawler)",
        },
      },
    ]);
  });

  test("may have a body of 64 KiB to the byte", async () => {
    const site = await webSite((_request, response) => response.end("x".repeat(MAX_BODY_BYTES)));
    const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end.kind === "response" && end.body?.length).toBe(MAX_BODY_BYTES);
  });

  test("has no body where the coding is unknown", async () => {
    const site = await webSite((_request, response) => serve(response, { "content-encoding": "zstd" }));
    const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200, body: null });
  });

  test.each([404, 403, 500, 204, 302])("of status %i counts whatever comes as its body", async (status) => {
    const site = await webSite((_request, response) => {
      response.writeHead(status);
      // Too long, and without an end.
      if (status !== 204) response.write("x".repeat(MAX_BODY_BYTES + 1));
      else response.end();
    });
    const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status, body: new Uint8Array(0) });
  });

  test("may be preceded by early hints", async () => {
    const site = await startTlsSite(network.credential, (socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
      }),
    );
    sites.push(site);
    network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end.kind === "response" && bodyOf(end.body)).toBe("{}");
  });

  test("may end with its connection", async () => {
    const site = await startTlsSite(network.credential, (socket) =>
      socket.once("data", () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${DOCUMENT}`)),
    );
    sites.push(site);
    network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end.kind === "response" && bodyOf(end.body)).toBe(DOCUMENT);
  });

  test.each(["P-256", "P-384", "P-521", "X25519", "X448", "X25519MLKEM768"])(
    "comes from a server that offers %s only",
    async (ecdhCurve) => {
      const site = await startWebSite({ ...network.credential, ecdhCurve }, (_request, response) => serve(response));
      sites.push(site);
      network.dns.names.set(NAME, { a: ["127.0.0.1"] });
      const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
      expect(end).toMatchObject({ kind: "response", status: 200 });
    },
  );
});

describe("a redirect", () => {
  test("inside an origin stays on its connection", async () => {
    const site = await webSite(({ path }, response) => {
      if (path === "/final") serve(response);
      else response.writeHead(302, { location: path === "/next" ? "/final" : "/next" }).end("moved".repeat(100));
    });
    const { end, hops } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops.map(({ url, status, address }) => [new URL(url).pathname, status, address])).toEqual([
      ["/.well-known/matrix/support", 302, "127.0.0.1"],
      ["/next", 302, "127.0.0.1"],
      ["/final", 200, "127.0.0.1"],
    ]);
    expect(site.accepted()).toBe(1);
  });

  test.each([
    ["closes its connection", { connection: "close" }, ""],
    ["has a body that nobody would read", {}, "x".repeat(MAX_BODY_BYTES + 1)],
  ])("inside an origin is followed anew where it %s", async (_title, headers, body) => {
    const site = await webSite(({ path }, response) => {
      if (path === "/final") serve(response);
      else response.writeHead(302, { location: "/final", ...headers }).end(body);
    });
    const { end } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(site.accepted()).toBe(2);
  });

  test("inside an origin is followed anew where the server closes unannounced", async () => {
    let connections = 0;
    const site = await startTlsSite(network.credential, (socket) => {
      connections += 1;
      const first = connections === 1;
      socket.once("data", () => {
        socket.write(
          first
            ? "HTTP/1.1 302 Found\r\nlocation: /final\r\ncontent-length: 0\r\n\r\n"
            : "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        );
        if (first) socket.once("data", () => socket.destroy());
      });
    });
    sites.push(site);
    network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    const { end, hops } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops).toHaveLength(2);
    expect(connections).toBe(2);
  });

  test("to another host is resolved, dialled and verified for that name, and its own answer not waited for", async () => {
    const site = await webSite(({ host }, response) => {
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(301, { location: `https://www.fed.test:${site.port}/support` }).write("never ends");
    });
    network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    const { end, hops } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops.map(({ url }) => new URL(url).hostname)).toEqual([NAME, "www.fed.test"]);
    expect(network.dns.asked).toContain("AAAA www.fed.test");
  });

  test("to a host whose certificate is bad keeps both hops and the facts of the last handshake", async () => {
    const expired = await network.authority.issue({ names: ["www.fed.test"], notAfter: "2026-01-02" });
    const lapsed = await startWebSite(expired, (_request, response) => serve(response));
    sites.push(lapsed);
    const site = await webSite((_request, response) =>
      response.writeHead(301, { location: `https://www.fed.test:${lapsed.port}/` }).end(),
    );
    network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    const { end, hops, tls } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "failed", reason: "tls-expired" });
    expect(hops.map(({ status, address }) => [status, address])).toEqual([
      [301, "127.0.0.1"],
      [null, "127.0.0.1"],
    ]);
    expect(tls?.validTo).toBe(toInstant(Date.parse("2026-01-02")));
  });

  test.each([
    [5, { kind: "response", status: 200 }],
    [6, { kind: "failed", reason: "too-many-redirects" }],
  ])("may be one of five: %i end so", async (length, expected) => {
    const site = await webSite(({ path }, response) => {
      const step = path.startsWith("/step/") ? Number(path.slice("/step/".length)) : 0;
      if (step === length) serve(response);
      else response.writeHead(307, { location: `/step/${step + 1}` }).end();
    });
    const { end, hops } = await network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject(expected);
    expect(hops).toHaveLength(6);
  });
});

describe("a validator", () => {
  const validatorFor = (url: string): Validator => ({
    url,
    etag: '"7"',
    lastModified: "Mon, 01 Jun 2026 00:00:00 GMT",
    outcome: "document",
    receivedAt: NOW,
  });

  test("goes with a request for the URL it came with", async () => {
    const site = await webSite((_request, response) => response.writeHead(304).end());
    const validator = validatorFor(`https://${NAME}:${site.port}/.well-known/matrix/support`);
    const report = await network.proberAt(site.port).probe(NAME, validator, unaborted());
    expect(site.requests[0]?.headers).toMatchObject({
      "if-none-match": '"7"',
      "if-modified-since": "Mon, 01 Jun 2026 00:00:00 GMT",
    });
    expect(report.conditional).toBe(true);
    expect(report.end).toMatchObject({ kind: "response", status: 304, body: new Uint8Array(0) });
  });

  test("goes with no request but that for the final URL", async () => {
    const site = await webSite(({ path }, response) => {
      if (path === "/final") response.writeHead(304).end();
      else response.writeHead(302, { location: "/final" }).end();
    });
    const report = await network
      .proberAt(site.port)
      .probe(NAME, validatorFor(`https://${NAME}:${site.port}/final`), unaborted());
    expect(site.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"7"']);
    expect(report.conditional).toBe(true);
  });

  test("of another URL is not sent", async () => {
    const site = await webSite((_request, response) => serve(response));
    const report = await network.proberAt(site.port).probe(NAME, validatorFor(`https://${NAME}/`), unaborted());
    expect(site.requests[0]?.headers).not.toHaveProperty("if-none-match");
    expect(report.conditional).toBe(false);
  });

  test("that could split the request is not sent", async () => {
    const site = await webSite((_request, response) => serve(response));
    const url = `https://${NAME}:${site.port}/.well-known/matrix/support`;
    const report = await network
      .proberAt(site.port)
      .probe(NAME, { ...validatorFor(url), etag: '"1"\r\nx: y', lastModified: null }, unaborted());
    expect(report).toMatchObject({ conditional: false, end: { kind: "response", status: 200 } });
  });
});

describe("an address literal", () => {
  test.each(["127.0.0.1", "[::1]"])(
    "%s is asked without DNS, its certificate verified for the address",
    async (literal) => {
      const site = await startWebSite(
        network.credential,
        (_request, response) => serve(response),
        literal.replace(/[[\]]/g, ""),
      );
      sites.push(site);
      const { end } = await network.proberAt(site.port).probe(hostname(literal), null, unaborted());
      expect(end).toMatchObject({ kind: "response", status: 200 });
      expect(network.dns.asked).toEqual([]);
    },
  );

  test("is refused where the certificate is for names only", async () => {
    const namesOnly = await network.authority.issue({ names: ["127.0.0.1", "*.fed.test"] });
    const site = await startWebSite(namesOnly, (_request, response) => serve(response));
    sites.push(site);
    const { end } = await network.proberAt(site.port).probe(hostname("127.0.0.1"), null, unaborted());
    expect(end).toMatchObject({ kind: "failed", reason: "tls-wrong-name" });
  });
});

describe("two families", () => {
  test.each([
    ["the other has no data", { a: ["127.0.0.1"] }],
    ["the other fails", { a: ["127.0.0.1"], aaaa: "servfail" }],
    ["the other does not exist", { a: ["127.0.0.1"], aaaa: "nxdomain" }],
    ["the other is silent", { a: ["127.0.0.1"], aaaa: "silence" }],
    ["the other refuses connections", { a: ["127.0.0.1"], aaaa: ["::1"] }],
    ["the other cannot be reached", { a: ["127.0.0.1"], aaaa: ["ff02::1"] }],
  ] as const)("answer by one where %s", async (_title, names) => {
    const site = await webSite((_request, response) => serve(response));
    network.dns.names.set(NAME, names);
    const prober = network.proberAt(site.port, {
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
    const site = await startWebSite(network.credential, (_request, response) => serve(response), "::1");
    sites.push(site);
    if (onConnection !== null) sites.push(await startTcpSite(onConnection, site.port));
    network.dns.names.set(NAME, { a: ["127.0.0.1"], aaaa: ["::1"] });
    const prober = network.proberAt(site.port, { connectTimeoutMs: 500 });
    const { end, hops } = await prober.probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops.map(({ address }) => address)).toEqual(["::1"]);
  });
});

describe("leave to use an address", () => {
  test("is asked for before each connection and given back after it", async () => {
    const events: string[] = [];
    const site = await webSite(({ host }, response) => {
      events.push(`request ${host.split(".")[0]}`);
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(301, { location: `https://www.fed.test:${site.port}/` }).end();
    });
    network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    const prober = network.proberAt(site.port, {
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
    const site = await webSite((_request, response) => serve(response));
    network.dns.names.set(NAME, { a: ["127.0.0.1"], aaaa: ["::1"] });
    await site.stop();
    const held: string[] = [];
    const asked: string[] = [];
    const prober = network.proberAt(site.port, {
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
    network.dns.names.set(NAME, { a: addresses });
    const asked: string[] = [];
    const prober = network.proberAt(await findClosedPort(), {
      acquireAddress: async (address) => {
        asked.push(address);
        return () => {};
      },
    });
    await prober.probe(NAME, null, unaborted());
    expect(asked).toEqual(addresses.slice(0, 4));
  });

  test("is waited for outside the deadline", async () => {
    const site = await webSite((_request, response) => serve(response));
    const prober = network.proberAt(site.port, {
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
    const site = await webSite(({ host }, response) => {
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(301, { location: `https://www.fed.test:${site.port}/` }).end();
    });
    network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    let held = 0;
    let most = 0;
    const prober = network.proberAt(site.port, {
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

describe("an aborted signal", () => {
  const reason = new Error("shutting down");

  async function expectAborted(port: number, options: Parameters<TestNetwork["proberAt"]>[1] = {}): Promise<void> {
    const controller = new AbortController();
    let released = 0;
    let acquired = 0;
    const prober = network.proberAt(port, {
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
    const prober = network.proberAt(443);
    await expect(prober.probe(NAME, null, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(network.dns.asked).toEqual([]);
  });

  test("rejects with its reason while DNS is asked", async () => {
    network.dns.names.set(NAME, { a: "silence", aaaa: "silence" });
    await expectAborted(443);
  });

  test("rejects with its reason while leave is waited for", async () => {
    network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    await expectAborted(443, {
      acquireAddress: (_address, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
  });

  test("gives back leave that comes too late", async () => {
    network.dns.names.set(NAME, { a: ["127.0.0.1"] });
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
    sites.push(site);
    network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    await expectAborted(site.port);
    await expect.poll(() => site.open()).toBe(0);
    expect(site.accepted()).toBe(1);
  });

  test("rejects with its reason while an answer is waited for, and closes the socket", async () => {
    const site = await webSite(() => {});
    await expectAborted(site.port);
    await expect.poll(() => site.open()).toBe(0);
    expect(site.accepted()).toBe(1);
  });

  test("cuts short its own probe only", async () => {
    const site = await webSite((_request, response) => serve(response));
    network.dns.names.set(NAME, { a: ["127.0.0.1"], delayMs: 300 });
    const prober = network.proberAt(site.port);
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
    const site = await webSite((_request, response) => serve(response));
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    const prober = network.proberAt(site.port);
    const signal = unaborted();
    const reports = await Promise.all(Array.from({ length: 100 }, () => prober.probe(NAME, null, signal)));
    await wait(0);
    process.off("warning", note);
    expect(new Set(reports.map(({ end }) => end.kind))).toEqual(new Set(["response"]));
    expect(warnings).toEqual([]);
  });
});

describe("close", () => {
  test("cuts short what is in flight and leaves no socket and no query behind", async () => {
    const site = await webSite((request, response) => {
      if (request.host.startsWith("fast")) serve(response);
    });
    const silent = await startTcpSite(keepSilent);
    sites.push(silent);
    const resources = () => process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Query/.test(kind)).length;
    network.dns.names.set("fast.fed.test", { a: ["127.0.0.1"] });
    network.dns.names.set("mute.fed.test", { a: "silence", aaaa: "silence" });
    const before = resources();
    const prober = network.proberAt(site.port);
    const other = network.proberAt(silent.port);
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
    const prober = network.proberAt(443);
    await Promise.all([prober.close(), prober.close()]);
  });
});

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
    const site = await webSite((_request, response) => serve(response));
    const { end } = await network.proberAt(site.port, { extraCa: null }).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "failed", reason: "tls-untrusted" });
  });

  test("trusts every certificate of a bundle", async () => {
    const site = await webSite((_request, response) => serve(response));
    const extraCa = `# a bundle\n${network.stranger.caPem}\n\n# and another\n${network.authority.caPem}\n`;
    const { end } = await network.proberAt(site.port, { extraCa }).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
  });
});
