import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createSourceReader, type SourceReader } from "../src/index.ts";
import { setUpScene } from "./harness/scene.ts";
import { hostname, NOW, unaborted } from "./harness/test-network.ts";

const scene = setUpScene();
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

type ReaderOptions = Parameters<typeof createSourceReader>[0];

function open(options: Partial<ReaderOptions> = {}): SourceReader {
  const { dns, authority } = scene.network;
  const reader = createSourceReader({
    dnsServers: [dns.server],
    wellKnownPort: 443,
    allowNetworks: [],
    extraCa: authority.caPem,
    deadlineMs: 5_000,
    connectTimeoutMs: 2_000,
    userAgent: "switchboard-tests (+https://example.org/crawler)",
    clock: () => NOW,
    acquireAddress: async () => () => {},
    hasOptedOut: async () => false,
    ...options,
  });
  opened.push(reader);
  return reader;
}

/** A plain http server, such as an admin API on loopback. */
async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return new URL(`http://127.0.0.1:${address.port}/list?from=secret-cursor`);
}

async function readLines(reader: SourceReader, url: URL) {
  const lines: string[] = [];
  for await (const read of reader.readLines({ url, chosenBy: "operator" }, unaborted())) {
    if (!read.ok) return { lines, failure: read.error };
    lines.push(...read.value);
  }
  return { lines, failure: null };
}

describe("a page of JSON", () => {
  test("is read from where the operator says, also http on loopback, and says who asks", async () => {
    const seen: unknown[] = [];
    const url = await serve(({ method, url: path, headers }, response) => {
      seen.push([method, path, headers["user-agent"], headers.authorization, headers["accept-encoding"]]);
      response.end('{"a": 1}');
    });
    const read = await open().readJson({ url, chosenBy: "operator", token: "t0ken" }, unaborted());
    expect(read).toEqual({ ok: true, value: { a: 1 } });
    const agent = "switchboard-tests (+https://example.org/crawler)";
    expect(seen).toEqual([["GET", "/list?from=secret-cursor", agent, "Bearer t0ken", "identity"]]);
  });

  test.each<[string, RequestListener]>([
    [
      "in a message",
      ({ headers }, response) =>
        response
          .writeHead(401)
          .end(JSON.stringify({ errcode: "M_UNKNOWN_TOKEN", error: `no ${headers.authorization}` })),
    ],
    [
      "at the end of a long one",
      ({ headers }, response) =>
        response.writeHead(401).end(JSON.stringify({ error: `${"x".repeat(195)} ${headers.authorization}` })),
    ],
    ["in a redirect", (_request, response) => response.writeHead(302, { location: "/login/t0ken" }).end()],
  ])("whose server repeats the token %s does not make us repeat it", async (_where, listener) => {
    const url = await serve(listener);
    const read = await open().readJson({ url, chosenBy: "operator", token: "t0ken" }, unaborted());
    expect(read.ok).toBe(false);
    expect(JSON.stringify(read)).not.toMatch(/t0k/);
  });

  test("is asked for with a body", async () => {
    const url = await serve((request, response) => {
      response.setHeader("content-type", "application/json");
      request.pipe(response);
    });
    const body = { query: "{ host }" };
    expect(await open().readJson({ url, chosenBy: "operator", body }, unaborted())).toEqual({ ok: true, value: body });
  });

  test.each<[string, RequestListener, object]>([
    [
      "an error of Matrix",
      (_request, response) =>
        response
          .writeHead(429, { "retry-after": "7" })
          .end('{"errcode": "M_LIMIT_EXCEEDED", "error": "slow\\u001b[31m down", "retry_after_ms": 9}'),
      { reason: "status", status: 429, retryAfterMs: 7_000, detail: expect.stringContaining("slow\\u{1b}[31m down") },
    ],
    [
      "patience asked for in the body",
      (_request, response) => response.writeHead(429).end('{"retry_after_ms": 1500.4}'),
      { status: 429, retryAfterMs: 1_500 },
    ],
    [
      "patience until a date",
      (_request, response) =>
        response.writeHead(503, { "retry-after": new Date(NOW + 5_000).toUTCString() }).end("<html>"),
      { status: 503, retryAfterMs: 5_000 },
    ],
    [
      "patience beyond reason",
      (_request, response) => response.writeHead(503, { "retry-after": "999999999" }).end(),
      { retryAfterMs: 86_400_000 },
    ],
    [
      "a redirect, which a token must not follow",
      (_request, response) => response.writeHead(302, { location: "https://user:pass@evil.example/x?y" }).end(),
      {
        reason: "redirect",
        status: 302,
        detail: expect.stringContaining("redirects to https://evil.example/x, which"),
      },
    ],
    ["no JSON", (_request, response) => response.end("<html>"), { reason: "unreadable" }],
    [
      "a coding",
      (_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("x"),
      { reason: "unreadable", detail: expect.stringContaining("gzip") },
    ],
    [
      "a body without end",
      (_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 32)));
        };
        response.on("drain", more);
        more();
      },
      { reason: "too-large", detail: expect.stringContaining("more than 8 MiB") },
    ],
    ["a connection cut", (_request, response) => response.destroy(), { reason: "unreachable", status: null }],
    [
      "half a body",
      (_request, response) => {
        response.writeHead(200, { "content-length": "100" }).write("{");
        setTimeout(() => response.destroy(), 20);
      },
      { reason: "unreachable" },
    ],
  ])("%s is a failure that says where and why, and neither token nor cursor", async (_what, listener, failure) => {
    const url = await serve(listener);
    const read = await open().readJson({ url, chosenBy: "operator", token: "t0ken" }, unaborted());
    expect(read).toMatchObject({ ok: false, error: failure });
    expect(JSON.stringify(read)).toContain(`${url.host}/list`);
    expect(JSON.stringify(read)).not.toMatch(/t0ken|secret-cursor|pass/);
  });

  test("that nobody serves is a failure", async () => {
    const url = new URL("http://127.0.0.1:1/");
    const read = await open().readJson({ url, chosenBy: "operator" }, unaborted());
    expect(read).toMatchObject({
      ok: false,
      error: { reason: "unreachable", detail: expect.stringContaining("ECONNREFUSED") },
    });
  });

  test("is not waited for by who is stopped", async () => {
    const url = await serve(() => {});
    const stop = new AbortController();
    const reading = open().readJson({ url, chosenBy: "operator" }, stop.signal);
    setTimeout(() => stop.abort(new Error("stopped")), 20);
    await expect(reading).rejects.toThrow("stopped");
  });
});

describe("an address that a server chose", () => {
  test.each([
    ["http", "http://server.fed.test/"],
    ["a literal that is no public address", "https://127.0.0.1/"],
    ["a literal in disguise", "https://0x7f.1/"],
    ["a name that stands for one", "https://server.fed.test/"],
    ["a port that is not ours to connect to", "https://192.0.2.1:25/"],
  ])("is refused: %s", async (_what, text) => {
    scene.network.dns.names.set("server.fed.test", { a: ["127.0.0.1"] });
    const read = await open().readJson({ url: new URL(text), chosenBy: "server" }, unaborted());
    expect(read).toMatchObject({ ok: false, error: { reason: "forbidden-address" } });
  });

  test("is read where the guard lets it through, its certificate verified", async () => {
    const site = await scene.webSite((_request, response) => response.end("[]"));
    const reader = open({ allowNetworks: ["127.0.0.0/8"], wellKnownPort: site.port });
    const at = (name: string) => new URL(`https://${name}:${site.port}/`);
    expect(await reader.readJson({ url: at("server.fed.test"), chosenBy: "server" }, unaborted())).toEqual({
      ok: true,
      value: [],
    });
    scene.network.dns.names.set("other.test", { a: ["127.0.0.1"] });
    expect(await reader.readJson({ url: at("other.test"), chosenBy: "server" }, unaborted())).toMatchObject({
      ok: false,
    });
    expect(await reader.readJson({ url: at("unknown.test"), chosenBy: "server" }, unaborted())).toMatchObject({
      ok: false,
      error: { reason: "unreachable", detail: expect.stringContaining("does not exist") },
    });
  });
});

describe("lines", () => {
  test("come as they are sent, characters and lines whole", async () => {
    const url = await serve(async (_request, response) => {
      const bytes = Buffer.from("first\nsécond\n\nlast");
      for (const byte of bytes) response.write(Buffer.of(byte));
      response.end();
    });
    expect(await readLines(open(), url)).toEqual({ lines: ["first", "sécond", "", "last"], failure: null });
  });

  test("that break off keep what came before", async () => {
    const url = await serve((_request, response) => {
      response.write("a\nb\n".repeat(5_000));
      setTimeout(() => response.destroy(), 50);
    });
    const { lines, failure } = await readLines(open(), url);
    expect(lines.length).toBeGreaterThan(0);
    expect(failure).toMatchObject({ reason: "unreachable" });
  });

  test("without an end are a failure", async () => {
    const url = await serve((_request, response) => {
      response.write("good\n");
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024, 97)));
      };
      response.on("drain", more);
      more();
    });
    const { lines, failure } = await readLines(open(), url);
    expect({ lines, failure }).toMatchObject({ lines: ["good"], failure: { reason: "too-large" } });
  });

  test("nobody wants any more are not read on", async () => {
    const closed = Promise.withResolvers<void>();
    const url = await serve((_request, response) => {
      response.on("close", () => closed.resolve());
      const more = () => {
        while (!response.destroyed && response.write("line\n".repeat(10_000)));
      };
      response.on("drain", more);
      more();
    });
    for await (const read of open().readLines({ url, chosenBy: "operator" }, unaborted())) {
      expect(read.ok).toBe(true);
      break;
    }
    await closed.promise;
  });
});

describe("a server's client API", () => {
  test.each<[string, string, number, unknown]>([
    [
      "is where its well-known document says",
      '{"m.homeserver": {"base_url": "https://matrix.example.org/"}}',
      200,
      "https://matrix.example.org/",
    ],
    ["is nowhere else where there is no document", "", 404, null],
    ["is not known where the document is none", "<html>", 200, "unreadable"],
    ["is not known where it names no URL", '{"m.homeserver": {"base_url": 5}}', 200, "unreadable"],
    [
      "is not known where the URL has credentials",
      '{"m.homeserver": {"base_url": "https://a:b@c/"}}',
      200,
      "unreadable",
    ],
  ])("%s", async (_what, body, status, expected) => {
    const site = await scene.webSite(({ path }, response) => {
      response.writeHead(path === "/.well-known/matrix/client" ? status : 500).end(body);
    });
    const reader = open({ allowNetworks: ["127.0.0.0/8"], wellKnownPort: site.port });
    const found = await reader.findClientUrl(hostname("server.fed.test"), unaborted());
    expect(found.ok ? (found.value?.href ?? null) : found.error.reason).toBe(expected);
  });

  test("cannot be found at a forbidden address", async () => {
    scene.network.dns.names.set("server.fed.test", { a: ["127.0.0.1"] });
    const found = await open().findClientUrl(hostname("server.fed.test"), unaborted());
    expect(found).toMatchObject({ ok: false, error: { reason: "forbidden-address" } });
  });
});
