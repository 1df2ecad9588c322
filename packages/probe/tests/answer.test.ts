import { interpretFetch, MAX_BODY_BYTES, toInstant, type Validator } from "@switchboard/domain";
import { describe, expect, test } from "vitest";
import { DOCUMENT, NAME, serve, setUpScene } from "./harness/scene.ts";
import { startTlsSite, startWebSite } from "./harness/sites.ts";
import { hostname, NOW, unaborted } from "./harness/test-network.ts";

const scene = setUpScene();

function bodyOf(body: Uint8Array | null): string {
  return new TextDecoder().decode(body ?? undefined);
}

describe("an answer", () => {
  test("is reported with everything on the way to it", async () => {
    const site = await scene.webSite((_request, response) =>
      serve(response, { etag: '"1"', "access-control-allow-origin": "*", server: "tests" }),
    );
    const report = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
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
      directoryRecord: null,
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
    const site = await scene.webSite((_request, response) => serve(response));
    await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
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
    const site = await scene.webSite((_request, response) => response.end("x".repeat(MAX_BODY_BYTES)));
    const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end.kind === "response" && end.body?.length).toBe(MAX_BODY_BYTES);
  });

  test("has no body where the coding is unknown", async () => {
    const site = await scene.webSite((_request, response) => serve(response, { "content-encoding": "zstd" }));
    const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200, body: null });
  });

  test.each([404, 403, 500, 204, 302])("of status %i counts whatever comes as its body", async (status) => {
    const site = await scene.webSite((_request, response) => {
      response.writeHead(status);
      // Too long, and without an end.
      if (status !== 204) response.write("x".repeat(MAX_BODY_BYTES + 1));
      else response.end();
    });
    const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status, body: new Uint8Array(0) });
  });

  test("may be preceded by early hints", async () => {
    const site = await startTlsSite(scene.network.credential, (socket) =>
      socket.once("data", () => {
        socket.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n");
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
      }),
    );
    scene.keep(site);
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end.kind === "response" && bodyOf(end.body)).toBe("{}");
  });

  test("may end with its connection", async () => {
    const site = await startTlsSite(scene.network.credential, (socket) =>
      socket.once("data", () => socket.end(`HTTP/1.0 200 OK\r\n\r\n${DOCUMENT}`)),
    );
    scene.keep(site);
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end.kind === "response" && bodyOf(end.body)).toBe(DOCUMENT);
  });

  test.each(["P-256", "P-384", "P-521", "X25519", "X448", "X25519MLKEM768"])(
    "comes from a server that offers %s only",
    async (ecdhCurve) => {
      const site = await startWebSite({ ...scene.network.credential, ecdhCurve }, (_request, response) =>
        serve(response),
      );
      scene.keep(site);
      scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
      const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
      expect(end).toMatchObject({ kind: "response", status: 200 });
    },
  );
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
    const site = await scene.webSite((_request, response) => response.writeHead(304).end());
    const validator = validatorFor(`https://${NAME}:${site.port}/.well-known/matrix/support`);
    const report = await scene.network.proberAt(site.port).probe(NAME, validator, unaborted());
    expect(site.requests[0]?.headers).toMatchObject({
      "if-none-match": '"7"',
      "if-modified-since": "Mon, 01 Jun 2026 00:00:00 GMT",
    });
    expect(report.conditional).toBe(true);
    expect(report.end).toMatchObject({ kind: "response", status: 304, body: new Uint8Array(0) });
  });

  test("goes with no request but that for the final URL", async () => {
    const site = await scene.webSite(({ path }, response) => {
      if (path === "/final") response.writeHead(304).end();
      else response.writeHead(302, { location: "/final" }).end();
    });
    const report = await scene.network
      .proberAt(site.port)
      .probe(NAME, validatorFor(`https://${NAME}:${site.port}/final`), unaborted());
    expect(site.requests.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"7"']);
    expect(report.conditional).toBe(true);
  });

  test("of another URL is not sent", async () => {
    const site = await scene.webSite((_request, response) => serve(response));
    const report = await scene.network.proberAt(site.port).probe(NAME, validatorFor(`https://${NAME}/`), unaborted());
    expect(site.requests[0]?.headers).not.toHaveProperty("if-none-match");
    expect(report.conditional).toBe(false);
  });

  test.each(['"1"', '""', 'W/"1"', '"\u00e9"'])("%s is sent back as it came", async (etag) => {
    const site = await scene.webSite((_request, response) => response.writeHead(304).end());
    const url = `https://${NAME}:${site.port}/.well-known/matrix/support`;
    const report = await scene.network.proberAt(site.port).probe(NAME, { ...validatorFor(url), etag }, unaborted());
    expect(site.requests[0]?.headers["if-none-match"]).toBe(etag);
    expect(report.conditional).toBe(true);
  });

  test.each(['"1"\r\nx: y', "*", "1", '"1", "2"', 'w/"1"', '"', '"a b"', ""])(
    "%j is no entity tag and not sent",
    async (etag) => {
      const site = await scene.webSite((_request, response) => serve(response));
      const url = `https://${NAME}:${site.port}/.well-known/matrix/support`;
      const report = await scene.network
        .proberAt(site.port)
        .probe(NAME, { ...validatorFor(url), etag, lastModified: null }, unaborted());
      expect(site.requests[0]?.headers).not.toHaveProperty("if-none-match");
      expect(report).toMatchObject({ conditional: false, end: { kind: "response", status: 200 } });
    },
  );

  test("goes to no other URL where a redirect leads elsewhere by now, nor does a 304 there confirm anything", async () => {
    const site = await scene.webSite(({ path }, response) => {
      if (path === "/elsewhere") response.writeHead(304).end();
      else response.writeHead(302, { location: "/elsewhere" }).end();
    });
    const start = `https://${NAME}:${site.port}/.well-known/matrix/support`;
    for (const url of [start, `https://${NAME}:${site.port}/before`]) {
      const report = await scene.network.proberAt(site.port).probe(NAME, validatorFor(url), unaborted());
      expect(site.requests.at(-1)).toMatchObject({ path: "/elsewhere" });
      expect(site.requests.at(-1)?.headers).not.toHaveProperty("if-none-match");
      expect(site.requests.at(-1)?.headers).not.toHaveProperty("if-modified-since");
      expect(report.conditional).toBe(false);
      expect(interpretFetch(report, validatorFor(url)).outcome).toMatchObject({ reason: "unasked-not-modified" });
    }
  });
});

describe("an address literal", () => {
  test.each(["127.0.0.1", "[::1]"])(
    "%s is asked without DNS, its certificate verified for the address",
    async (literal) => {
      const site = await startWebSite(
        scene.network.credential,
        (_request, response) => serve(response),
        literal.replace(/[[\]]/g, ""),
      );
      scene.keep(site);
      const { end } = await scene.network.proberAt(site.port).probe(hostname(literal), null, unaborted());
      expect(end).toMatchObject({ kind: "response", status: 200 });
      expect(scene.network.dns.asked).toEqual([]);
    },
  );

  test("is refused where the certificate is for names only", async () => {
    const namesOnly = await scene.network.authority.issue({ names: ["127.0.0.1", "*.fed.test"] });
    const site = await startWebSite(namesOnly, (_request, response) => serve(response));
    scene.keep(site);
    const { end } = await scene.network.proberAt(site.port).probe(hostname("127.0.0.1"), null, unaborted());
    expect(end).toMatchObject({ kind: "failed", reason: "tls-wrong-name" });
  });
});
