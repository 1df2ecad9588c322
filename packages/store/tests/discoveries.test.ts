import {
  addMs,
  DAY_MS,
  DISCOVERY_POLICY,
  decideDiscovered,
  HOUR_MS,
  type Instant,
  type ServerSoftware,
} from "@switchboard/domain";
import { buildDiscoveryReport, NOON, toServerKey, toServerName } from "@switchboard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DiscoveryClaim, DiscoveryRecord } from "../src/index.ts";
import { ABSENT, addNames, type Directory, openDirectory, probe } from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

const SYNAPSE = { name: "Synapse", version: "1.98.0" };
const NEWER = { name: "Synapse", version: "1.99.0" };
const CONDUIT = { name: "Conduit", version: null };

const claimAll = (limit = 100) => directory.store.claimDueDiscoveries({ limit, leaseMs: 60_000 });
const makeDue = () => directory.sql("update discoveries set due_at = now() - interval '1 s', lease_until = null");

/** What came of a visit, as a record on its way into the directory; null for silence. */
function toRecord(claim: DiscoveryClaim, software: ServerSoftware | null, discoveredAt: Instant): DiscoveryRecord {
  const report = buildDiscoveryReport({
    serverName: claim.serverName,
    discoveredAt,
    steps: [
      {
        kind: "well-known",
        rule: "3",
        url: `https://${claim.serverName}/.well-known/matrix/server`,
        isKnown: false,
        hops: [],
        result: { kind: "delegated", serverName: toServerName("Matrix.example.net:443") },
        freshForMs: HOUR_MS,
        tookMs: 1,
      },
    ],
    software,
  });
  const decision = decideDiscovered({ state: claim.state, report, policy: DISCOVERY_POLICY, jitter: 0.5 });
  return { serverName: claim.serverName, token: claim.token, decision, discoveredAt };
}

/** Probes these hostnames, so that their names are looked for. */
async function addProbed(names: readonly string[], hostnames: readonly string[] = names): Promise<void> {
  await addNames(directory.store, names);
  for (const hostname of hostnames) await probe(directory.store, hostname, ABSENT, NOON);
}

/** Visits every name, one `stepMs` after the other, and meets this. */
async function visit(met: Readonly<Record<string, ServerSoftware | null>>, at: Instant) {
  await makeDue();
  const claims = await claimAll();
  return directory.store.recordDiscoveries(claims.map((claim) => toRecord(claim, met[claim.serverName] ?? null, at)));
}

describe("claims", () => {
  test("a name waits until its hostname was probed, and each name of a hostname is looked for", async () => {
    const { store, sql } = directory;
    await addNames(store, ["a.test", "a.test:8448", "b.test"]);
    expect(await claimAll()).toEqual([]);
    // Put off, not asked again with every look.
    expect(await store.countDueDiscoveries(100)).toBe(0);
    await probe(store, "a.test", ABSENT, NOON);
    await makeDue();
    expect((await claimAll()).map(({ serverName }) => serverName).toSorted()).toEqual(["a.test", "a.test:8448"]);
    await addNames(store, ["a.test:443"]);
    expect((await claimAll()).map(({ serverName }) => serverName)).toEqual(["a.test:443"]);
    expect(await sql("select count(*)::int from discoveries")).toEqual([{ count: 4 }]);
  });

  test("are lent to one at a time, the longest overdue first, and come back by the end of the lease", async () => {
    const { store, sql } = directory;
    await addProbed(["a.test", "b.test", "c.test"]);
    await sql("update discoveries set due_at = now() - (ascii(key) || ' s')::interval");
    expect((await claimAll(1)).map(({ serverName }) => serverName)).toEqual(["c.test"]);
    const both = await Promise.all([claimAll(), claimAll()]);
    expect(
      both
        .flat()
        .map(({ serverName }) => serverName)
        .toSorted(),
    ).toEqual(["a.test", "b.test"]);
    expect(await claimAll()).toEqual([]);
    await sql("update discoveries set lease_until = now() - interval '1 s' where key = 'b.test'");
    expect((await claimAll()).map(({ serverName }) => serverName)).toEqual(["b.test"]);
    expect(await store.countDueDiscoveries(100)).toBe(0);
  });

  test("can be given back by their holder only, and are due again at once", async () => {
    const { store } = directory;
    await addProbed(["a.test"]);
    const [claim] = await claimAll();
    if (claim === undefined) throw new Error("nothing was due");
    expect(await store.handBackDiscoveries([{ ...claim, token: crypto.randomUUID() }])).toBe(0);
    expect(await store.handBackDiscoveries([claim])).toBe(1);
    expect(await claimAll()).toHaveLength(1);
  });
});

describe("records", () => {
  test("what was learned comes back with the next claim, and is due by Postgres' clock", async () => {
    const { store, sql } = directory;
    await addProbed(["a.test"]);
    const [claim] = await claimAll();
    if (claim === undefined) throw new Error("nothing was due");
    const record = toRecord(claim, SYNAPSE, NOON);
    expect(await store.recordDiscoveries([record])).toEqual({ discardedNames: [] });
    expect(await claimAll()).toEqual([]);
    const [row] = await sql("select extract(epoch from due_at - now())::float8 as seconds from discoveries");
    expect(Math.abs(Number(row?.["seconds"]) - (record.decision.dueAt - NOON) / 1_000)).toBeLessThan(5);
    await makeDue();
    expect((await claimAll()).map(({ state }) => state)).toEqual([record.decision.state]);
  });

  test("a record whose claim passed to somebody else is discarded, as is its repetition", async () => {
    const { store, sql } = directory;
    await addProbed(["a.test", "b.test"]);
    const claims = await claimAll();
    await sql("update discoveries set lease_token = gen_random_uuid() where key = 'b.test'");
    const records = claims.map((claim) => toRecord(claim, SYNAPSE, NOON));
    expect(await store.recordDiscoveries(records)).toEqual({ discardedNames: ["b.test"] });
    expect((await store.recordDiscoveries(records)).discardedNames.toSorted()).toEqual(["a.test", "b.test"]);
    expect(await store.readStats()).toMatchObject({ online: 1, offline: 0, software: [{ name: "Synapse", count: 1 }] });
  });

  test("history has a row for each change of software, none for what stays, and a hundred at most", async () => {
    const { store, sql } = directory;
    await addProbed(["a.test"]);
    const day = (n: number) => addMs(NOON, n * DAY_MS);
    for (const [n, met] of [SYNAPSE, SYNAPSE, null, NEWER, NEWER].entries()) await visit({ "a.test": met }, day(n));
    expect(await store.listSoftware(toServerKey("a.test"))).toEqual([
      { ...NEWER, firstAt: day(3), lastAt: day(4) },
      { ...SYNAPSE, firstAt: day(0), lastAt: day(1) },
    ]);
    for (let n = 5; n < 115; n += 1) await visit({ "a.test": { name: "Fickle", version: String(n) } }, day(n));
    expect(await sql("select count(*)::int, max(n) from software_spans")).toEqual([{ count: 100, max: 111 }]);
    expect(await store.listSoftware(toServerKey("a.test"))).toHaveLength(101);
  });
});

describe("what is shown", () => {
  test("a listing has nothing before the first look, then software that silence lets age", async () => {
    const { store } = directory;
    const key = toServerKey("a.test");
    await addProbed(["a.test"]);
    expect((await store.findListing(key))?.discovery).toBeNull();
    await visit({ "a.test": SYNAPSE }, NOON);
    await visit({ "a.test": null }, addMs(NOON, DAY_MS));
    expect((await store.findListing(key))?.discovery).toEqual({
      software: SYNAPSE,
      softwareSince: NOON,
      onlineSince: NOON,
      lastAnsweredAt: NOON,
      lastTriedAt: addMs(NOON, DAY_MS),
      failure: "connect-timeout",
    });
  });

  test("a listing of the past has the software of then", async () => {
    const { store, sql } = directory;
    const key = toServerKey("a.test");
    await addProbed(["a.test"]);
    await sql("update server_names set first_seen_at = '2020-01-01'");
    await visit({ "a.test": SYNAPSE }, NOON);
    await visit({ "a.test": NEWER }, addMs(NOON, DAY_MS));
    const at = async (ms: number) => (await store.findListingAt(key, addMs(NOON, ms)))?.discovery ?? null;
    expect(await at(-1)).toBeNull();
    expect(await at(DAY_MS - 1)).toMatchObject({ software: SYNAPSE, softwareSince: NOON, lastTriedAt: null });
    expect(await at(DAY_MS)).toMatchObject({ software: NEWER, softwareSince: addMs(NOON, DAY_MS) });
  });

  test("the search finds by name in any case and by the beginning of a version, those that are online", async () => {
    const { store } = directory;
    const met = { "a.test": SYNAPSE, "b.test": NEWER, "c.test": CONDUIT, "d.test": SYNAPSE, "e.test": null };
    await addProbed(Object.keys(met));
    await visit(met, NOON);
    await visit({ ...met, "d.test": null }, addMs(NOON, DAY_MS));
    await visit({ ...met, "d.test": null }, addMs(NOON, 2 * DAY_MS));
    const find = async (name: string, version = "") => {
      const names: string[] = [];
      for (const sort of ["name", "confirmed", "changed"] as const) {
        const found = await store.searchListings({
          software: { name, version },
          contactMatch: "exact",
          sort,
          limit: 10,
        });
        if (!found.ok) throw new Error(found.error.message);
        names.push(
          found.value.items
            .map(({ serverName }) => serverName)
            .toSorted()
            .join(" "),
        );
      }
      expect(new Set(names).size).toBe(1);
      return names[0];
    };
    expect(await find("synapse")).toBe("a.test b.test");
    expect(await find("SYNAPSE", "1.98")).toBe("a.test");
    expect(await find("conduit")).toBe("c.test");
    expect(await find("Synapse", "%")).toBe("");
    expect(await find("syn")).toBe("");
  });

  test("an opt-out forgets all of it, and takes no more records", async () => {
    const { store, sql } = directory;
    await addProbed(["a.test", "a.test:8448", "b.test"], ["a.test", "b.test"]);
    const met = { "a.test": SYNAPSE, "a.test:8448": SYNAPSE, "b.test": SYNAPSE };
    await visit(met, NOON);
    await visit({ ...met, "a.test": NEWER }, addMs(NOON, DAY_MS));
    await makeDue();
    const claims = await claimAll();
    await store.optOut(toServerKey("a.test"));
    const { discardedNames } = await store.recordDiscoveries(claims.map((claim) => toRecord(claim, SYNAPSE, NOON)));
    expect(discardedNames.toSorted()).toEqual(["a.test", "a.test:8448"]);
    expect(await sql("select key from discoveries union select key from software_spans")).toEqual([{ key: "b.test" }]);
    expect((await store.findListing(toServerKey("a.test")))?.discovery).toBeNull();
    expect(await store.readStats()).toMatchObject({ online: 1, software: [{ name: "Synapse", count: 1 }] });
  });

  test("the tallies say what the rows say, whatever happened, and rebuild to the same", async () => {
    const { store, sql } = directory;
    const names = ["a.test", "b.test", "c.test"];
    const met = fc.constantFrom<ServerSoftware | null>(
      SYNAPSE,
      NEWER,
      CONDUIT,
      { name: "Odd: /\\", version: "" },
      null,
    );
    const visits = fc.array(fc.tuple(met, met, met), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(visits, async (steps) => {
        await directory.clear();
        await addProbed(names);
        for (const [n, step] of steps.entries()) {
          await visit(
            Object.fromEntries(names.map((name, place) => [name, step[place] ?? null])),
            addMs(NOON, n * DAY_MS),
          );
        }
        const kept = await sql("select key, count::int from tallies order by key");
        await store.rebuildProjections();
        expect(await sql("select key, count::int from tallies order by key")).toEqual(kept);
        const { online, offline, software, versions } = await store.readStats();
        const sum = (rows: readonly { count: number }[]) => rows.reduce((total, { count }) => total + count, 0);
        expect(online + offline).toBe(names.length);
        expect([sum(software), sum(versions)]).toEqual([online, online]);
      }),
      { numRuns: 8 },
    );
  });
});
