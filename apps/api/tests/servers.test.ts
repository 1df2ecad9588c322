import { toIso } from "@switchboard/contract";
import { addMs, DAY_MS, HOUR_MS } from "@switchboard/domain";
import { toServerKey } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInjectClient, unwrap } from "./inject-client.ts";
import { type Directory, startAnotherApp, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
});
afterAll(() => directory.close());

const SYNAPSE = { name: "Synapse", version: "1.98.0" };
const document = {
  contacts: [
    { role: "m.role.security", email_address: "security@example.net" },
    { role: "m.role.admin", matrix_id: "@admin:one.example", email_address: "Admin@one.example" },
  ],
  support_page: "https://one.example/help",
};

test("a listing: contacts, page, verdict, clocks, condition and delivery, in instants", async () => {
  await directory.probe("one.example", { document });
  const at = toIso(directory.clock.now());
  const listing = await unwrap(createInjectClient(directory.app).findListing("ONE.example"));
  expect(listing).toMatchObject({
    serverName: "one.example",
    hostname: "one.example",
    contacts: [
      { role: "m.role.security", matrix_id: null, email_address: "security@example.net", pgp_key: null },
      { role: "m.role.admin", matrix_id: "@admin:one.example", email_address: "Admin@one.example", pgp_key: null },
    ],
    supportPage: "https://one.example/help",
    document: { contacts: [{}, {}], support_page: "https://one.example/help", policies: [] },
    revision: 1,
    verdict: "valid",
    condition: { state: "document", reason: null, since: at },
    freshness: { state: "fresh", reasons: [{ code: "confirmed", since: at }] },
    lastProbedAt: at,
    lastConfirmedAt: at,
    software: null,
  });
  expect(listing.delivery?.hops).toHaveLength(1);
});

test("names with ports and IPv6 literals, as they are and percent-encoded", async () => {
  await directory.probe("[2001:db8::1]:8448", { document });
  for (const path of ["/v1/servers/[2001:db8::1]:8448", "/v1/servers/%5B2001%3ADB8%3A%3A1%5D%3A8448"]) {
    const response = await directory.app.inject(path);
    expect(response.json()).toMatchObject({ serverName: "[2001:db8::1]:8448", hostname: "[2001:db8::1]" });
  }
});

test("a name heard of and never probed has an empty listing", async () => {
  const client = createInjectClient(directory.app);
  expect(await unwrap(client.submitNames(["new.example"]))).toEqual({ added: 1, known: 0, rejected: [] });
  expect(await unwrap(client.findListing("new.example"))).toMatchObject({
    contacts: [],
    document: null,
    revision: null,
    verdict: null,
    condition: { state: "unprobed" },
    freshness: { state: "unknown" },
    lastProbedAt: null,
  });
});

test("submission: good names are taken, each bad one is told apart", async () => {
  const names = ["two.example", "bad_name.example", "one.example", "", "two.example:8448"];
  const result = await unwrap(createInjectClient(directory.app).submitNames(names));
  expect(result).toMatchObject({
    added: 2,
    known: 1,
    rejected: [
      { index: 1, name: "bad_name.example", code: "server-name-character" },
      { index: 3, name: "", code: "server-name-empty" },
    ],
  });
});

test("submission: hopeless names are told apart, unless the federation is one's own", async () => {
  const names = ["printer.local", "10.0.0.1", "three.example"];
  const result = await unwrap(createInjectClient(directory.app).submitNames(names));
  expect(result).toMatchObject({
    added: 1,
    rejected: [
      { index: 0, name: "printer.local", code: "candidate-reserved" },
      { index: 1, name: "10.0.0.1", code: "candidate-address" },
    ],
  });
  const own = await startAnotherApp(directory, { reach: "private" });
  expect(await unwrap(createInjectClient(own).submitNames(names))).toEqual({ added: 2, known: 1, rejected: [] });
});

test("submission: a flood of names under one registered domain is held back, and told apart", async () => {
  const names = Array.from({ length: 120 }, (_, place) => `s${place}.github.io`);
  const result = await unwrap(createInjectClient(directory.app).submitNames(names));
  expect(result).toMatchObject({ added: 100, known: 0 });
  expect(result.rejected.length).toBe(20);
  expect(result.rejected[0]).toMatchObject({ index: 100, name: "s100.github.io", code: "held-back" });
  expect(await unwrap(createInjectClient(directory.app).submitNames(names.slice(0, 100)))).toEqual({
    added: 0,
    known: 100,
    rejected: [],
  });
});

test("a fresh probe: accepted with where to watch it, then a cool-off with the seconds left", async () => {
  await directory.store.addCandidates({ names: [toServerKey("asked.example")], source: "test", due: "spread" });
  const ask = () => directory.app.inject({ method: "POST", url: "/v1/servers/asked.example/probe" });
  const accepted = await ask();
  expect(accepted.statusCode).toBe(202);
  expect(accepted.headers["location"]).toBe("/v1/servers/asked.example");
  expect(accepted.json()).toEqual({
    serverName: "asked.example",
    watch: "/v1/servers/asked.example",
    lastProbedAt: null,
  });
  const refused = await ask();
  expect(refused.statusCode).toBe(429);
  const { retryAfterSeconds, type } = refused.json();
  expect(type).toBe("/problems/cooling-off");
  expect(retryAfterSeconds).toBeGreaterThan(0);
  expect(retryAfterSeconds).toBeLessThanOrEqual(60);
  expect(refused.headers["retry-after"]).toBe(String(retryAfterSeconds));
});

test("an operator who opted out: only the fact", async () => {
  await directory.probe("away.example", { document });
  await directory.store.optOut(toServerKey("away.example"));
  for (const path of ["", "/revisions", "/revisions/1", "/spans", "/changes", "?at=2100-01-01"]) {
    const response = await directory.app.inject(`/v1/servers/away.example${path}`);
    expect(response.statusCode).toBe(410);
    expect(response.body).not.toMatch(/@|help/);
  }
});

test("searching finds by name, role and outcome, and tells no address", async () => {
  const client = createInjectClient(directory.app);
  const response = await directory.app.inject("/v1/servers?q=one&role=security&outcome=document");
  const page = response.json();
  expect(page.items).toMatchObject([
    {
      serverName: "one.example",
      contacts: [
        { role: "m.role.security", methods: ["email_address"] },
        { role: "m.role.admin", methods: ["matrix_id", "email_address"] },
      ],
    },
  ]);
  expect(page).toMatchObject({ match: "exact", nextCursor: null });
  expect(response.body).not.toMatch(/@/);
  // Part of an address finds nothing without a key: it would be a reverse look-up by another name.
  expect((await unwrap(client.searchListings({ q: "security@exam" }))).items).toEqual([]);
  expect((await unwrap(client.searchListings({ q: "security@example.net" }))).items.length).toBeGreaterThan(0);
});

test("pages of a search are the whole of it, each item once", async () => {
  const client = createInjectClient(directory.app);
  const whole = await unwrap(client.searchListings({ limit: 500 }));
  const names: string[] = [];
  const next = { limit: 2, cursor: "" };
  for (let page = await unwrap(client.searchListings({ limit: 2 })); ; ) {
    names.push(...page.items.map(({ serverName }) => serverName));
    if (page.nextCursor === null) break;
    next.cursor = page.nextCursor;
    page = await unwrap(client.searchListings(next));
  }
  expect(names).toEqual(whole.items.map(({ serverName }) => serverName));
  expect(names.length).toBeGreaterThan(4);
});

test("?at= answers as of that moment", async () => {
  await directory.probe("then.example", { document });
  const then = directory.clock.now();
  directory.clock.advance(HOUR_MS);
  await directory.probe("then.example", { document: { ...document, support_page: "https://then.example/new" } });
  const client = createInjectClient(directory.app);
  const past = await unwrap(client.findListing("then.example", { at: toIso(addMs(then, 1)) }));
  expect(past).toMatchObject({ supportPage: "https://one.example/help", revision: 1, delivery: null });
  expect(await unwrap(client.findListing("then.example"))).toMatchObject({ revision: 2 });
});

test("entity tags: one for a listing and its freshness, confirmed with a 304", async () => {
  await directory.probe("tagged.example", { document });
  const url = "/v1/servers/tagged.example";
  const first = await directory.app.inject(url);
  const tag = String(first.headers["etag"]);
  const revalidate = () => directory.app.inject({ url, headers: { "if-none-match": `"other", W/${tag}` } });
  const confirmed = await revalidate();
  expect(confirmed.statusCode).toBe(304);
  expect(confirmed.body).toBe("");
  expect(confirmed.headers).toMatchObject({ etag: tag, "cache-control": "no-cache" });
  expect(confirmed.headers["content-type"]).toBeUndefined();

  // Knowledge ages without any write to the row.
  directory.clock.advance(10 * DAY_MS);
  const aged = await revalidate();
  expect(aged.statusCode).toBe(200);
  expect(aged.json()).toMatchObject({ freshness: { state: "aging" } });
});

test("entity tags move with whatever the body shows", async () => {
  const url = "/v1/servers/moving.example";
  const seen = new Map<string, string>();
  const look = async () => {
    const { headers, body } = await directory.app.inject(url);
    const known = seen.get(String(headers["etag"]));
    if (known !== undefined) expect(body).toBe(known);
    seen.set(String(headers["etag"]), body);
  };
  const key = toServerKey("moving.example");
  for (const step of [
    () => directory.store.addCandidates({ names: [key], source: "test", due: "now" }),
    () => directory.store.askForProbe(key, 0),
    () => directory.probe("moving.example", { document }),
    () => directory.probe("moving.example", { document }),
    () => directory.probe("moving.example", { status: 503 }),
    () => directory.probe("moving.example", { status: 404 }),
    () => directory.store.askForProbe(key, 0),
    () => directory.store.claimDue({ limit: 10, leaseMs: HOUR_MS }),
    () => directory.discover("moving.example", SYNAPSE),
    () => directory.discover("moving.example", SYNAPSE),
    () => directory.discover("moving.example", { ...SYNAPSE, version: "1.99.0" }),
    () => directory.discover("moving.example", null),
    () => directory.store.rebuildProjections(),
  ]) {
    await step();
    directory.clock.advance(HOUR_MS);
    await look();
    await look();
  }
  expect(seen.size).toBeGreaterThan(9);
});

test("software: what a server runs, since when it is online, and how that came about", async () => {
  const client = createInjectClient(directory.app);
  await directory.probe("runs.example", { document });
  expect(await unwrap(client.findListing("runs.example"))).toMatchObject({ software: null });
  const since = toIso(directory.clock.now());
  await directory.discover("runs.example", SYNAPSE);
  const before = addMs(directory.clock.now(), 1);
  directory.clock.advance(DAY_MS);
  await directory.discover("runs.example", { name: "Synapse", version: "1.99.0" });
  const upgraded = toIso(directory.clock.now());
  directory.clock.advance(DAY_MS);
  await directory.discover("runs.example", null);
  expect(await unwrap(client.findListing("runs.example"))).toMatchObject({
    software: {
      name: "Synapse",
      version: "1.99.0",
      since: upgraded,
      onlineSince: since,
      lastAnsweredAt: upgraded,
      checkedAt: toIso(directory.clock.now()),
      reason: "connect-timeout",
    },
  });
  expect(await unwrap(client.findListing("runs.example", { at: toIso(before) }))).toMatchObject({
    software: { name: "Synapse", version: "1.98.0", since, onlineSince: null, checkedAt: null },
  });
  expect(await unwrap(client.listSoftware("runs.example"))).toEqual({
    items: [
      { name: "Synapse", version: "1.99.0", firstAt: upgraded, lastAt: upgraded },
      { name: "Synapse", version: "1.98.0", firstAt: since, lastAt: since },
    ],
  });
});

test("search and statistics by software: the name in any case, the version from its beginning", async () => {
  const client = createInjectClient(directory.app);
  for (const [name, software] of [
    ["conduit.example", { name: "Conduit", version: null }],
    ["dendrite.example", { name: "Dendrite", version: "0.13.1 (a/b)" }],
    ["dead.example", null],
  ] as const) {
    await directory.probe(name, { document });
    await directory.discover(name, software);
  }
  const find = async (software: string) =>
    (await unwrap(client.searchListings({ software }))).items.map(({ serverName }) => serverName);
  expect(await find("conduit")).toEqual(["conduit.example"]);
  expect(await find("dendrite/0.13.1 (a/")).toEqual(["dendrite.example"]);
  expect(await find("Dendrite/0.14")).toEqual([]);
  expect(await find("dead")).toEqual([]);
  const { online, offline, software, versions } = await unwrap(client.readStats());
  expect(offline).toBe(1);
  expect(software.reduce((sum, { count }) => sum + count, 0)).toBe(online);
  expect(software).toContainEqual({ name: "Conduit", count: 1 });
  expect(versions).toContainEqual({ name: "Conduit", version: null, count: 1 });
  expect(versions).toContainEqual({ name: "Dendrite", version: "0.13.1 (a/b)", count: 1 });
});

test.each([
  "/v1/servers?q=one",
  "/v1/servers/one.example/revisions",
  "/v1/servers/one.example/revisions/1",
  "/v1/servers/one.example/spans",
  "/v1/servers/one.example/software",
  "/v1/servers/one.example/changes",
  "/v1/changes",
  "/v1/contacts?q=security@example.net",
  "/v1/route?entity=one.example",
  "/v1/stats",
])("every GET of the directory has a tag: %s", async (url) => {
  const { headers } = await directory.app.inject(url);
  expect(headers["etag"]).toMatch(/^"[^"]+"$/);
  const again = await directory.app.inject({ url, headers: { "if-none-match": String(headers["etag"]) } });
  expect(again.statusCode).toBe(304);
  expect((await directory.app.inject({ method: "HEAD", url })).headers["etag"]).toBe(headers["etag"]);
});

test("reads are open to pages of other origins, and nothing is referred", async () => {
  const { headers } = await directory.app.inject({ url: "/v1/stats", headers: { origin: "https://tool.example" } });
  expect(headers).toMatchObject({ "access-control-allow-origin": "*", "referrer-policy": "no-referrer" });
  expect(headers["access-control-expose-headers"]).toContain("RateLimit");
  const preflight = await directory.app.inject({
    method: "OPTIONS",
    url: "/v1/route",
    headers: {
      origin: "https://tool.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    },
  });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers["access-control-allow-methods"]).toContain("POST");
});

test("statistics count what is known", async () => {
  const stats = await unwrap(createInjectClient(directory.app).readStats());
  expect(stats.names).toBeGreaterThan(stats.hostnames);
  expect(stats.optedOut).toBe(1);
  expect(stats.published).toBeGreaterThan(0);
});

test("ready while the database answers, and not after", async () => {
  expect((await directory.app.inject("/readyz")).json()).toEqual({ status: "ready" });
});

test("?at= in the future is now; the plus of an offset may come as a space", async () => {
  await directory.probe("future.example", { document });
  const now = await directory.app.inject("/v1/servers/future.example");
  const later = await directory.app.inject("/v1/servers/future.example?at=2100-01-01");
  expect(later.json()).toEqual(now.json());
  expect(later.headers["etag"]).toBe(now.headers["etag"]);
  const offset = await directory.app.inject("/v1/servers/future.example?at=2100-01-01T00:00:00+02:00");
  expect(offset.statusCode).toBe(200);
});
