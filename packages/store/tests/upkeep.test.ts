import { addMs, DAY_MS } from "@switchboard/domain";
import { buildContact, buildDocument, NOON, toServerKey, toServerName } from "@switchboard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  addNames,
  claimNow,
  type Directory,
  documentOutcome,
  openDirectory,
  probe,
  toRecord,
  walk,
} from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

const example = toServerKey("example.org");

describe("candidates", () => {
  test("are added once, by key, with every source that told of them", async () => {
    const { store } = directory;
    const names = ["Example.org", "example.org", "example.org:8448", "[2001:DB8::1]:8448"].map(toServerName);
    expect(await store.addCandidates({ names, source: "a file", due: "now" })).toEqual({
      added: 3,
      known: 0,
      optedOut: [],
      heldBack: [],
    });
    expect(await store.addCandidates({ names, source: "a\0room directory", due: "now" })).toEqual({
      added: 0,
      known: 3,
      optedOut: [],
      heldBack: [],
    });
    expect((await store.listSources(example)).map(({ source }) => source)).toEqual(["a file", "a\ufffdroom directory"]);
    expect(await store.readStats()).toMatchObject({ names: 3, hostnames: 2, unprobed: 2, due: 2 });
  });

  test("keep their due time when they are heard of again", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    await directory.sql("update schedule set due_at = '2100-01-01T00:00:00Z'");
    await addNames(store, ["example.org"]);
    expect(await store.countDue()).toBe(0);
  });

  test("may be added by many at once", async () => {
    const { store } = directory;
    const names = Array.from({ length: 300 }, (_, place) => toServerName(`s${place}.example.org`));
    const shuffled = [names, names.toReversed(), [...names.slice(150), ...names.slice(0, 150)], names];
    const added = await Promise.all(
      shuffled.map((some) => store.addCandidates({ names: some, source: "x", due: "now" })),
    );
    expect(added.reduce((sum, one) => sum + one.added, 0)).toBe(300);
    expect(await store.readStats()).toMatchObject({ names: 300, hostnames: 300, unprobed: 300 });
  });

  test("come ten thousand at a time and no more", async () => {
    const { store } = directory;
    const names = Array.from({ length: 10_001 }, (_, place) => toServerName(`s${place}.example.org`));
    await expect(store.addCandidates({ names, source: "x", due: "now" })).rejects.toThrow(RangeError);
    expect(await store.addCandidates({ names: names.slice(1), source: "x", due: "now" })).toEqual({
      added: 10_000,
      known: 0,
      optedOut: [],
      heldBack: [],
    });
  });
});

describe("asking for a probe", () => {
  test("makes the name due and cools off", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    await directory.sql("update schedule set due_at = '2100-01-01T00:00:00Z'");
    const wishes = await Promise.all([1, 2, 3].map(() => store.askForProbe(example, 60_000)));
    expect(wishes.filter(({ kind }) => kind === "accepted")).toHaveLength(1);
    expect(await store.countDue()).toBe(1);
    expect(await store.askForProbe(example, 60_000)).toEqual({ kind: "cooling-off", secondsLeft: 60 });
    expect(await store.askForProbe(example, 0)).toEqual({ kind: "accepted" });
    expect(await store.askForProbe(toServerKey("nowhere.test"), 0)).toEqual({ kind: "unknown-name" });
  });
});

describe("API keys", () => {
  test("are found by their secret until they are revoked, and stored hashed", async () => {
    const { store, sql } = directory;
    const { secret, ...key } = await store.createKey("the moderators' bot");
    expect(await store.findKey(secret)).toMatchObject({ id: key.id, label: "the moderators' bot", revokedAt: null });
    expect(await store.findKey(`${secret}x`)).toBeNull();
    expect(JSON.stringify(await sql("select * from api_keys"))).not.toContain(secret);
    expect(await store.listKeys()).toMatchObject([{ id: key.id, lastUsedAt: expect.any(Number) }]);
    expect(await store.revokeKey(key.id)).toBe("revoked");
    expect(await store.findKey(secret)).toBeNull();
    expect(await store.revokeKey("nobody's")).toBe("unknown-key");
  });
});

describe("an export", () => {
  test("is every listing, in the order of names", async () => {
    const { store } = directory;
    const names = Array.from({ length: 2_345 }, (_, place) => `s${place}.example.org`);
    await addNames(store, names);
    const exported: string[] = [];
    for await (const listing of store.streamListings()) exported.push(listing.serverName);
    expect(exported).toEqual(names.toSorted());
  });
});

describe("a re-lint", () => {
  const contacts = [buildContact({ role: "org.example.custom" })];
  const finding = { code: "role-custom", severity: "info", path: "/contacts/0/role", message: "custom" } as const;

  test("judges stored bytes by the new rules, and says that it was the rules", async () => {
    const { store } = directory;
    await addNames(store, ["example.org", "same.test"]);
    const [before, after] = [buildDocument(), buildDocument({ contacts })];
    await walk(store, "example.org", [documentOutcome(before), documentOutcome(after)], DAY_MS);
    await walk(store, "same.test", [documentOutcome(before)], DAY_MS);
    const version = (await store.findListing(example))?.version ?? 0;
    const seen: (string | null)[] = [];
    const judge = (stored: { raw: Uint8Array; hostname: string; delivery: unknown }) => {
      const custom = new TextDecoder().decode(stored.raw).includes("org.example.custom");
      seen.push(stored.delivery === null ? null : stored.hostname);
      return { document: null, verdict: custom ? "usable" : "valid", findings: custom ? [finding] : [] } as const;
    };
    const request = { judge, rulesVersion: 2, batchSize: 2, clock: () => addMs(NOON, 9 * DAY_MS) };
    expect(await store.relint(request)).toEqual({ judged: 3, verdictsChanged: 1 });
    expect(seen).toEqual([null, "example.org", "same.test"]);
    expect(await store.findListing(example)).toMatchObject({
      published: { verdict: "usable", findings: [finding], rulesVersion: 2, document: after },
      version: version + 1,
    });
    expect(await store.findRevision(example, 1)).toMatchObject({ verdict: "valid", rulesVersion: 2 });
    const changes = await store.listChanges({ order: "newest", limit: 1 });
    expect(changes.ok && changes.value.items[0]?.change).toEqual({
      kind: "verdict-changed",
      before: "valid",
      after: "usable",
      cause: "rules",
    });
    expect(await store.readStats()).toMatchObject({ verdicts: { valid: 1, usable: 1 } });
    expect(await store.relint(request)).toEqual({ judged: 0, verdictsChanged: 0 });
  });

  test("is not undone by a probe that was under way, nor told twice", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    await probe(store, "example.org", documentOutcome(buildDocument()), NOON);
    const claimed = await claimNow(store, ["example.org"]);
    const judge = () => ({ document: null, verdict: "usable", findings: [finding] }) as const;
    await store.relint({ judge, rulesVersion: 2, batchSize: 10, clock: () => NOON });
    const confirmed = { kind: "unchanged", confirms: "document" } as const;
    await store.recordProbes(claimed.map((claim) => toRecord(claim, confirmed, addMs(NOON, DAY_MS))));
    const published = { verdict: "usable", findings: [finding], rulesVersion: 2 };
    expect(await store.findListing(example)).toMatchObject({ published });
    const full = documentOutcome(buildDocument(), { verdict: "usable", findings: [finding], rulesVersion: 2 });
    await store.recordProbes(claimed.map((claim) => toRecord(claim, full, addMs(NOON, DAY_MS))));
    const changes = await store.listChanges({ order: "oldest", limit: 10 });
    expect(changes.ok && changes.value.items.map(({ kind }) => kind)).toEqual([
      "document-published",
      "verdict-changed",
    ]);
  });
});
