import { addMs, DAY_MS, toInstant } from "@switchboard/domain";
import { buildDocument, NOON, toServerKey, toServerName } from "@switchboard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ABSENT,
  addNames,
  claimNow,
  type Directory,
  documentOutcome,
  openDirectory,
  probe,
  toDomain,
  toRecord,
  unreachable,
  walk,
} from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

const example = toServerKey("example.org");

describe("an opt-out", () => {
  test("leaves only the fact, also to a probe that is under way", async () => {
    const { store, sql } = directory;
    await addNames(store, ["example.org", "other.test"]);
    await walk(store, "example.org", [documentOutcome(buildDocument()), ABSENT], DAY_MS);
    await walk(store, "other.test", [unreachable("dns-timeout")], DAY_MS);
    const underWay = await claimNow(store, ["example.org"]);
    expect(await store.optOut(example)).toEqual({ optedOut: 1, optedOutBefore: 0 });
    expect(await store.optOut(example)).toEqual({ optedOut: 0, optedOutBefore: 1 });
    const late = underWay.map((claim) => toRecord(claim, documentOutcome(buildDocument()), NOON));
    expect(await store.recordProbes(late)).toMatchObject({ recorded: 0, discarded: 1 });
    expect(await store.findListing(example)).toMatchObject({
      optedOut: true,
      published: null,
      condition: "unprobed",
      lastProbedAt: null,
      dueAt: null,
      delivery: null,
    });
    const later = addMs(toInstant(Date.now()), DAY_MS);
    expect(await store.findListingAt(example, later)).toMatchObject({ optedOut: true, condition: "unprobed" });
    expect(await store.listSpans(example, { limit: 10 })).toMatchObject({ value: { items: [] } });
    expect(await store.findRevision(example, 1)).toBeNull();
    const everything = await sql(
      "select (select count(*)::int from revisions) as revisions, (select count(*)::int from contacts) as contacts, (select count(*)::int from changes where detail is not null and server_id = 1) as details",
    );
    expect(everything).toEqual([{ revisions: 0, contacts: 0, details: 0 }]);
    const changes = await store.listChanges({ order: "oldest", limit: 10, serverName: example });
    expect(changes.ok && changes.value.items.map(({ kind, change }) => [kind, change])).toEqual([
      ["document-published", null],
      ["became-absent", null],
    ]);
    expect(await store.makeDue("all")).toBe(1);
    expect((await store.claimDue({ limit: 10, leaseMs: 1_000 })).map(({ hostname }) => hostname)).toEqual([
      "other.test",
    ]);
    expect(await store.askForProbe(example, 0)).toEqual({ kind: "opted-out" });
    expect(await store.readStats()).toMatchObject({ optedOut: 1, hostnames: 2, published: 0, outcomes: { absent: 0 } });
  });

  test("holds against every list that still names the server", async () => {
    const { store } = directory;
    await addNames(store, ["example.org", "other.test"]);
    await store.optOut(example);
    const names = ["Example.org", "example.org:8448", "other.test", "new.test"].map(toServerName);
    expect(await store.addCandidates({ names, source: "a list", due: "now" })).toEqual({
      added: 1,
      known: 1,
      optedOut: ["example.org", "example.org:8448"],
      heldBack: [],
    });
    expect((await store.listSources(example)).map(({ source }) => source)).toEqual(["a test"]);
    expect(await store.findListing(toServerKey("example.org:8448"))).toBeNull();
    expect(await store.isOptedOut(toServerKey("example.org:8448"))).toBe(true);
    expect(await store.isOptedOut(toServerKey("matrix.example.org"))).toBe(false);
    expect(await claimNow(store, ["example.org"])).toEqual([]);
  });

  test("of a name that is not known yet is remembered", async () => {
    const { store } = directory;
    expect(await store.optOut(example)).toEqual({ optedOut: 1, optedOutBefore: 0 });
    expect(await store.findListing(example)).toMatchObject({ optedOut: true, published: null, dueAt: null });
    expect(await store.addCandidates({ names: [example], source: "a list", due: "now" })).toMatchObject({
      added: 0,
      optedOut: ["example.org"],
    });
    expect(await claimNow(store, ["example.org"])).toEqual([]);
    expect(await store.readStats()).toMatchObject({ names: 1, hostnames: 1, unprobed: 0, optedOut: 1 });
  });

  test("is not hindered by a row that does not parse", async () => {
    const { store, sql, badRows } = directory;
    await addNames(store, ["example.org"]);
    await probe(store, "example.org", documentOutcome(buildDocument()), NOON);
    await sql(`update schedule set findings = '"gossip"'`);
    expect(await store.optOut(example)).toEqual({ optedOut: 1, optedOutBefore: 0 });
    expect(await store.findListing(example)).toMatchObject({ optedOut: true });
    expect(badRows).toEqual([]);
  });

  test("leaves the projections as a rebuild makes them", async () => {
    const { store, sql } = directory;
    await addNames(store, ["example.org", "matrix.example.org", "other.test"]);
    for (const name of ["example.org", "matrix.example.org", "other.test"]) {
      await probe(store, name, documentOutcome(buildDocument()), NOON);
    }
    await store.optOutDomain(toDomain("example.org"));
    const read = async () => [
      await sql("select key, count from tallies order by key"),
      await sql("select key, condition, contact_text from server_names order by key"),
      await sql("select * from name_roles order by role, key"),
      await sql("select * from contacts order by 1, 2, 3"),
    ];
    const before = await read();
    await store.rebuildProjections();
    expect(await read()).toEqual(before);
  });
});

describe("a domain's opt-out", () => {
  const known = ["example.org", "example.org:8448", "matrix.example.org", "a.b.example.org", "matrix.example.org."];
  const others = ["notexample.org", "example.org.other.test", "example.net"];

  test("takes out all that is known at or under it, and nothing else", async () => {
    const { store, sql } = directory;
    await addNames(store, [...known, ...others]);
    for (const name of ["matrix.example.org", "example.net"]) {
      await probe(store, name, documentOutcome(buildDocument()), NOON);
    }
    const underWay = await claimNow(store, ["matrix.example.org", "a.b.example.org"]);
    expect(underWay).toHaveLength(2);
    await store.optOut(example);
    expect(await store.optOutDomain(toDomain("matrix.example.org"))).toEqual({ optedOut: 3, optedOutBefore: 1 });
    const late = underWay.map((claim) => toRecord(claim, documentOutcome(buildDocument()), addMs(NOON, DAY_MS)));
    expect(await store.recordProbes(late)).toMatchObject({ recorded: 0, discarded: 2 });
    const listings = await store.findListings([...known, ...others].map(toServerKey));
    const standing = [...listings.values()].map(({ serverName, optedOut }) => [serverName, optedOut]);
    expect(Object.fromEntries(standing)).toEqual({
      ...Object.fromEntries(known.map((name) => [name, true])),
      ...Object.fromEntries(others.map((name) => [name, false])),
    });
    expect(await sql("select hostname from revisions join servers on id = server_id")).toEqual([
      { hostname: "example.net" },
    ]);
    expect(await store.readStats()).toMatchObject({ optedOut: 4, published: 1 });
    await store.makeDue("all");
    const claims = await store.claimDue({ limit: 100, leaseMs: 1_000 });
    expect(claims.map(({ hostname }) => hostname).toSorted()).toEqual([...others].toSorted());
  });

  test("holds against names that are heard of later", async () => {
    const { store } = directory;
    expect(await store.optOutDomain(toDomain("example.org"))).toEqual({ optedOut: 0, optedOutBefore: 0 });
    const names = [...known, ...others].map(toServerName);
    expect(await store.addCandidates({ names, source: "a list", due: "now" })).toEqual({
      added: 3,
      known: 0,
      optedOut: known,
      heldBack: [],
    });
    expect(await store.isOptedOut(toServerKey("never-heard-of.example.org:1"))).toBe(true);
    expect(await store.isOptedOut(toServerKey("notexample.org"))).toBe(false);
    expect(await store.countDue()).toBe(3);
  });

  test("lets no name slip through that is being added meanwhile", async () => {
    const { store, sql } = directory;
    const batches = Array.from({ length: 12 }, (_, batch) =>
      Array.from({ length: 200 }, (_, place) => `s${place}.b${batch}.example.org`),
    );
    const adding = batches.map((names) => addNames(store, names));
    const optingOut = store.optOutDomain(toDomain("example.org"));
    await Promise.all([...adding, optingOut]);
    expect(await sql("select count(*)::int as listed from servers where opted_out_at is null")).toEqual([
      { listed: 0 },
    ]);
    expect(await store.countDue()).toBe(0);
  });
});

describe("a wish that a probe has seen", () => {
  test.each(["document", "dns"] as const)("by %s leaves only the fact, and who said so", async (way) => {
    const { store, sql } = directory;
    await addNames(store, ["example.org"]);
    await walk(store, "example.org", [documentOutcome(buildDocument()), ABSENT], DAY_MS);
    const [claim] = await claimNow(store, ["example.org"]);
    if (claim === undefined) throw new Error("nothing was due");
    expect(await store.optOutClaimed(claim, way)).toBe(true);
    expect(await store.findListing(example)).toMatchObject({ optedOut: true, published: null, dueAt: null });
    expect(await sql("select opted_out_by, (select count(*)::int from revisions) as revisions from servers")).toEqual([
      { opted_out_by: way, revisions: 0 },
    ]);
    expect(await store.optOutClaimed(claim, way)).toBe(false);
    expect(await store.recordProbes([toRecord(claim, documentOutcome(buildDocument()), NOON)])).toMatchObject({
      discarded: 1,
    });
    expect(await store.addCandidates({ names: [example], source: "a list", due: "now" })).toMatchObject({
      optedOut: ["example.org"],
    });
  });

  test("of another server than its token's takes nobody out", async () => {
    const { store, sql } = directory;
    await addNames(store, ["example.org", "other.example.org"]);
    const [claim, other] = await claimNow(store, ["example.org", "other.example.org"]);
    if (claim === undefined || other === undefined) throw new Error("nothing was due");
    expect(await store.optOutClaimed({ ...claim, token: other.token }, "dns")).toBe(false);
    expect(await sql("select from servers where opted_out_at is not null")).toEqual([]);
  });

  test("counts only while the claim is held: somebody else may have heard better since", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const [frozen] = await claimNow(store, ["example.org"]);
    if (frozen === undefined) throw new Error("nothing was due");
    await store.optOut(example);
    await store.optIn(example);
    expect(await store.optOutClaimed(frozen, "document")).toBe(false);
    expect(await store.findListing(example)).toMatchObject({ optedOut: false });
  });
});

describe("an opt-in", () => {
  test("makes a name a candidate again, due now, with nothing of what was erased", async () => {
    const { store, sql } = directory;
    await addNames(store, ["example.org", "example.org:8448"]);
    await probe(store, "example.org", documentOutcome(buildDocument()), NOON);
    await store.optOut(example);
    expect(await store.optIn(example)).toMatchObject({ kind: "opted-in", way: "command", since: expect.any(Number) });
    expect(await store.optIn(example)).toEqual({ kind: "not-opted-out" });
    expect(await store.optIn(toServerKey("never-heard-of.test"))).toEqual({ kind: "not-opted-out" });
    expect(await store.findListing(example)).toMatchObject({ optedOut: false, published: null, condition: "unprobed" });
    expect(await store.readStats()).toMatchObject({ optedOut: 0, unprobed: 1 });
    const before = await sql("select key, count from tallies order by key");
    await store.rebuildProjections();
    expect(await sql("select key, count from tallies order by key")).toEqual(before);
    await probe(store, "example.org", documentOutcome(buildDocument()), addMs(NOON, DAY_MS));
    const changes = await store.listChanges({ order: "oldest", limit: 10, serverName: example });
    expect(changes.ok && changes.value.items.map(({ kind, change }) => [kind, change === null])).toEqual([
      ["document-published", true],
      ["document-published", false],
    ]);
    expect(await store.findRevision(example, 1)).not.toBeNull();
  });

  test("of a domain leaves out who had opted out by themselves", async () => {
    const { store, sql } = directory;
    await addNames(store, ["a.example.org", "b.example.org", "c.example.org"]);
    await store.optOut(toServerKey("a.example.org"));
    await store.optOutDomain(toDomain("example.org"));
    await store.optOut(toServerKey("b.example.org"));
    expect(await store.optIn(toServerKey("c.example.org"))).toEqual({
      kind: "domain-opted-out",
      domain: "example.org",
    });
    expect(await store.optIn(toServerKey("new.example.org"))).toMatchObject({ kind: "domain-opted-out" });
    expect(await store.optInDomain(toDomain("example.org"))).toEqual({ optedIn: 1, stillOptedOut: 2 });
    expect(await store.optInDomain(toDomain("example.org"))).toBeNull();
    expect(await sql("select hostname, opted_out_by from servers order by hostname")).toEqual([
      { hostname: "a.example.org", opted_out_by: "command" },
      { hostname: "b.example.org", opted_out_by: "command" },
      { hostname: "c.example.org", opted_out_by: null },
    ]);
    expect(await claimNow(store, ["a.example.org", "b.example.org", "c.example.org"])).toHaveLength(1);
    await addNames(store, ["new.example.org"]);
    expect(await store.isOptedOut(toServerKey("new.example.org"))).toBe(false);
  });

  test("and names being added, or opted out, meanwhile take turns", async () => {
    const { store, sql } = directory;
    await store.optOutDomain(toDomain("example.org"));
    const names = Array.from({ length: 100 }, (_, place) => `s${place}.example.org`);
    await Promise.all([
      addNames(store, names),
      store.optInDomain(toDomain("example.org")),
      store.optOutDomain(toDomain("example.org")),
      addNames(store, names),
    ]);
    const isOut = await store.isOptedOut(toServerKey("example.org"));
    const [{ listed, out } = { listed: -1, out: -1 }] = await sql(
      "select count(*) filter (where opted_out_at is null)::int as listed, count(opted_out_at)::int as out from servers",
    );
    expect(isOut ? listed : out).toBe(0);
  });
});

test("listOptedOut says which of many names are out, stored or not", async () => {
  const { store } = directory;
  await addNames(store, ["a.test", "b.test"]);
  await store.optOut(toServerKey("a.test"));
  await store.optOutDomain(toDomain("example.org"));
  const asked = ["a.test:8448", "b.test", "never-heard-of.example.org", "other.test"].map(toServerKey);
  expect([...(await store.listOptedOut(asked))].toSorted()).toEqual(["a.test", "never-heard-of.example.org"]);
});
