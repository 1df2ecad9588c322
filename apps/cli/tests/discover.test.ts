import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "@switchboard/store";
import { createTestDatabase, type TestDatabase } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { jsonLines, runCli, startCli } from "./run-cli.ts";

/** Each step of the story is a process or several: a busy machine takes its time. */
vi.setConfig({ testTimeout: 120_000 });

const TOKEN = "an-admin-token";
const servers: Server[] = [];

let folder: string;
let database: TestDatabase;
let variables: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-discover-"));
  database = await createTestDatabase({ prepare: (connectionString) => migrate({ connectionString }) });
  variables = { DATABASE_URL: database.connectionString };
  await write("token", TOKEN);
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await database.drop();
  await rm(folder, { recursive: true });
});

const run = (...args: readonly string[]) => runCli(args, { variables });

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

const serveJson = (value: unknown) => serve((_request, response) => response.end(JSON.stringify(value)));

/** What a reading came to, as `--json` tells it. */
function summary(given: object) {
  const nothing = { heard: 0, added: 0, known: 0, optedOut: 0, heldBack: 0, setAside: {} };
  return { pages: 1, ...nothing, error: null, stopped: false, dryRun: false, ...given };
}

// One story, told in order: each step stands on the one before.

test("a dump of destinations on standard input comes in, what is hopeless is set aside and listed", async () => {
  const input = "one.test\t0\t0\ntwo.test:8448\t0\t0\nprinter.local\t0\t0\nx_y.test\t0\t0\n";
  const ran = await runCli(["discover", "--json", "file:-"], { variables, input });
  const setAside = { "candidate-reserved": 1, "server-name-character": 1 };
  expect({ status: ran.status, told: jsonLines(ran.stdout) }).toEqual({
    status: 0,
    told: [{ source: "file", kind: "file", ...summary({ heard: 4, added: 2, setAside }) }],
  });
  expect((await run("discover", "--set-aside")).stdout).toContain("printer.local  ");
  expect(jsonLines((await run("discover", "--set-aside", "--json", "file")).stdout)).toMatchObject([
    { source: "file", name: "printer.local", code: "candidate-reserved", reason: expect.stringContaining("RFC 6762") },
    { name: "x_y.test", code: "server-name-character" },
  ]);
  expect((await run("discover", "--set-aside", "nobody")).stdout).toBe("");
});

test("a dry run says what would come of it and writes nothing", async () => {
  const path = await write("names.csv", "server_name\none.test\nnew.test\n");
  const { stdout } = await run("discover", "--dry-run", `file:${path}`);
  expect(stdout).toMatch(/2 names on 1 page\n +1 +would be new\n +1 +known already/);
  expect(jsonLines((await run("stats", "--json")).stdout)).toMatchObject([{ names: 2 }]);
});

test("a homeserver's destinations are read with its administrator's token, which nothing repeats", async () => {
  const url = await serve((request, response) => {
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end("{}");
    const page = new URL(request.url ?? "", "http://localhost").searchParams.get("from") ?? "0";
    const destinations = [{ destination: `s${page}.destination.test` }];
    response.end(JSON.stringify({ destinations, ...(page === "0" ? { next_token: "1" } : {}) }));
  });
  const good = await run("discover", `destinations:${url}`, "--token-file", join(folder, "token"));
  expect(good).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/destinations: 2 names on 2 pages\n +2 +new/),
  });
  const bad = await write("bad-token", `not-${TOKEN}`);
  const refused = await run("discover", `destinations:${url}`, "--token-file", bad);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain("answered 401. Put the access token of a server administrator into the token file");
  expect(`${good.stdout}${good.stderr}${refused.stdout}${refused.stderr}`).not.toContain(TOKEN);
});

test("room directories, observers and another export are read, each under its own name", async () => {
  const rooms = await serveJson({ chunk: [{ room_id: "!x:room.test", canonical_alias: "#y:alias.test" }] });
  const observer = await serve(async (request, response) => {
    const { variables } = JSON.parse(Buffer.concat(await request.toArray()).toString()) as {
      variables: { offset: number };
    };
    const nodes = variables.offset === 0 ? [{ host: "observed.test" }] : [];
    response.end(JSON.stringify({ data: { thefederation_node: nodes } }));
  });
  const other = await serve((_request, response) => {
    response.end('{"serverName":"exported.test","optedOut":false}\n{"serverName":"left-alone.test","optedOut":true}\n');
  });
  const file = await write(
    "sources.json",
    JSON.stringify({
      sources: [
        { kind: "rooms", name: "our-rooms", url: rooms },
        { kind: "the-federation", url: observer },
        { kind: "export", name: "other", url: `${other}/v1/export.ndjson` },
        { kind: "documents" },
      ],
    }),
  );
  variables = { ...variables, SWITCHBOARD_SOURCES_FILE: file };
  const { status, stdout } = await run("discover", "--json");
  expect({ status, told: jsonLines(stdout) }).toEqual({
    status: 0,
    told: [
      { source: "our-rooms", kind: "rooms", ...summary({ heard: 2, added: 2 }) },
      { source: "the-federation", kind: "the-federation", ...summary({ pages: 2, heard: 1, added: 1 }) },
      { source: "other", kind: "export", ...summary({ heard: 1, added: 1 }) },
      { source: "documents", kind: "documents", ...summary({}) },
    ],
  });
  expect(jsonLines((await run("discover", "--json", "other")).stdout)).toMatchObject([{ added: 0, known: 1 }]);
  expect((await run("show", "exported.test")).stdout).toMatch(/heard from +other, /);
  expect(jsonLines((await run("show", "--json", "exported.test")).stdout)).toMatchObject([
    { sources: [{ source: "other", heardAt: expect.any(String), lastHeardAt: expect.any(String) }] },
  ]);
});

test("a hoster that answers for any name comes in by and by, and stats say so", async () => {
  const names = Array.from({ length: 250 }, (_, place) => `s${place}.wildcard.example`);
  const path = await write("flood.txt", names.join("\n"));
  expect(jsonLines((await run("discover", "--json", `file:${path}`)).stdout)).toMatchObject([
    { heard: 250, added: 100, heldBack: 150 },
  ]);
  const [stats] = jsonLines((await run("stats", "--json")).stdout);
  expect(stats).toMatchObject({
    heldBack: { names: 150, domains: [{ domain: "wildcard.example", count: 150 }] },
    setAside: [
      { code: "candidate-reserved", count: 1 },
      { code: "server-name-character", count: 1 },
    ],
  });
  expect(stats.sources).toContainEqual({
    source: "file",
    names: 102,
    lastRun: expect.objectContaining({ failed: false, heard: 250, heldBack: 150 }),
    nextDueAt: null,
  });
  const { stdout } = await run("stats");
  expect(stdout).toMatch(/new names held back\n +150 +in all\n +150 +wildcard\.example/);
  // Who adds names by hand means them.
  expect(jsonLines((await run("add", "--json", "--file", path)).stdout)).toMatchObject([{ added: 150, known: 100 }]);
});

test("a page that fails is told, what came before it is kept, and the list says so", async () => {
  const url = await serve((request, response) => {
    const since = new URL(request.url ?? "", "http://localhost").searchParams.get("since");
    if (since === "p1") return void response.writeHead(500).end();
    response.end(JSON.stringify({ chunk: [{ room_id: "!x:kept.test" }], next_batch: "p1" }));
  });
  const failed = await run("discover", "--json", `rooms:${url}`);
  expect(failed.status).toBe(1);
  expect(jsonLines(failed.stdout)).toMatchObject([
    { added: 1, error: expect.stringMatching(/publicRooms answered 500\. It is out of order: read it again later\./) },
  ]);
  const again = await run("discover", `rooms:${url}`);
  expect(again.stderr).toContain("goes on where the last reading stopped");
  expect((await run("discover", "--list")).stdout).toMatch(/rooms:127\.0\.0\.1.* failed: .*answered 500/);
  const list = jsonLines((await run("discover", "--list", "--json")).stdout);
  expect(list.find(({ source }) => source === "documents")).toMatchObject({
    kind: "documents",
    error: null,
    running: false,
  });
});

test("Ctrl-C ends a reading cleanly, with what was heard and where to go on", async () => {
  const url = await serve((request, response) => {
    const since = Number(new URL(request.url ?? "", "http://localhost").searchParams.get("since") ?? "0");
    response.end(JSON.stringify({ chunk: [{ room_id: `!x:s${since}.endless.test` }], next_batch: String(since + 1) }));
    if (since === 1) child.kill("SIGINT");
  });
  const child = startCli(["discover", "--json", `rooms:${url}`], variables);
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [status] = await once(child, "close");
  expect(status).toBe(130);
  expect(jsonLines(stdout)).toMatchObject([{ stopped: true, error: null }]);
  expect((await run("discover", "--list")).stdout).not.toContain("is being read");
});

test.each([
  [["discover", "example.org"], "its kind must be one of destinations, rooms"],
  [["discover", "destinations:http://localhost:8008"], "it needs --token-file"],
  [["discover", "rooms:exa mple"], "its server "],
  [["discover", "rooms:https://user:pass@example.org"], "its url must not hold a user or a password"],
  [["discover", "--list", "--dry-run"], "cannot be used with"],
])("%j is not understood, and says why", async (args, message) => {
  const { status, stderr } = await run(...args);
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(message) });
});

test("a list of sources that cannot be used is told with every problem", async () => {
  const file = await write("bad.json", '{"sources": [{"kind": "rooms"}, {"kind": "export", "url": 5}]}');
  const bad = { ...variables, SWITCHBOARD_SOURCES_FILE: file };
  const { status, stderr } = await runCli(["discover"], { variables: bad });
  expect(status).toBe(2);
  expect(stderr).toMatch(/sources\[0\] needs either server or url; .*sources\[1\]\.url must be of type string/);
  const missing = { ...variables, SWITCHBOARD_SOURCES_FILE: join(folder, "none.json") };
  expect((await runCli(["discover"], { variables: missing })).stderr).toContain("does not exist; check the path");
});
