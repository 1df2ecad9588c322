import { MAX_BODY_BYTES, toInstant } from "@switchboard/domain";
import { describe, expect, test } from "vitest";
import { NAME, serve, setUpScene } from "./harness/scene.ts";
import { startTlsSite, startWebSite } from "./harness/sites.ts";
import { unaborted } from "./harness/test-network.ts";

const scene = setUpScene();

describe("a redirect", () => {
  test("inside an origin stays on its connection", async () => {
    const site = await scene.webSite(({ path }, response) => {
      if (path === "/final") serve(response);
      else response.writeHead(302, { location: path === "/next" ? "/final" : "/next" }).end("moved".repeat(100));
    });
    const { end, hops } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
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
    const site = await scene.webSite(({ path }, response) => {
      if (path === "/final") serve(response);
      else response.writeHead(302, { location: "/final", ...headers }).end(body);
    });
    const { end } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(site.accepted()).toBe(2);
  });

  test("inside an origin is followed anew where the server closes unannounced", async () => {
    let connections = 0;
    const site = await startTlsSite(scene.network.credential, (socket) => {
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
    scene.keep(site);
    scene.network.dns.names.set(NAME, { a: ["127.0.0.1"] });
    const { end, hops } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops).toHaveLength(2);
    expect(connections).toBe(2);
  });

  test("to another host is resolved, dialled and verified for that name, and its own answer not waited for", async () => {
    const site = await scene.webSite(({ host }, response) => {
      if (host.startsWith("www.")) serve(response);
      else response.writeHead(301, { location: `https://www.fed.test:${site.port}/support` }).write("never ends");
    });
    scene.network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    const { end, hops } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject({ kind: "response", status: 200 });
    expect(hops.map(({ url }) => new URL(url).hostname)).toEqual([NAME, "www.fed.test"]);
    expect(scene.network.dns.asked).toContain("AAAA www.fed.test");
  });

  test("to a host whose certificate is bad keeps both hops and the facts of the last handshake", async () => {
    const expired = await scene.network.authority.issue({ names: ["www.fed.test"], notAfter: "2026-01-02" });
    const lapsed = await startWebSite(expired, (_request, response) => serve(response));
    scene.keep(lapsed);
    const site = await scene.webSite((_request, response) =>
      response.writeHead(301, { location: `https://www.fed.test:${lapsed.port}/` }).end(),
    );
    scene.network.dns.names.set("www.fed.test", { a: ["127.0.0.1"] });
    const { end, hops, tls } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
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
    const site = await scene.webSite(({ path }, response) => {
      const step = path.startsWith("/step/") ? Number(path.slice("/step/".length)) : 0;
      if (step === length) serve(response);
      else response.writeHead(307, { location: `/step/${step + 1}` }).end();
    });
    const { end, hops } = await scene.network.proberAt(site.port).probe(NAME, null, unaborted());
    expect(end).toMatchObject(expected);
    expect(hops).toHaveLength(6);
  });
});
