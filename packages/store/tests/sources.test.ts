import { HOUR_MS, type NameBound, type SourceSummary } from "@switchboard/domain";
import { buildDocument, NOON, toHostname, toServerKey, toServerName } from "@switchboard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ABSENT,
  addNames,
  type Directory,
  documentOutcome,
  openDirectory,
  probe,
  toDomain,
  walk,
} from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

const BOUND: NameBound = { perSource: 50, perDomain: 3 };
const LEASE_MS = 60_000;

function add(names: readonly string[], bound = BOUND, source = "rooms:example.org") {
  return directory.store.addCandidates({ names: names.map(toServerName), source, due: "now", bound });
}

function numbered(count: number, suffix: string): string[] {
  return Array.from({ length: count }, (_, place) => `s${place}.${suffix}`);
}

function summary(given: Partial<SourceSummary> = {}): SourceSummary {
  return { pages: 1, heard: 2, added: 1, known: 1, optedOut: 0, heldBack: 0, setAside: {}, ...given };
}

describe("the bound of a source", () => {
  test("lets in so many new names under one registered domain a day, and the rest on later days", async () => {
    const { store, sql } = directory;
    const names = [...numbered(5, "github.io"), "example.org", "matrix.example.org"];
    expect(await add(names)).toEqual({
      added: 5,
      known: 0,
      optedOut: [],
      heldBack: ["s3.github.io", "s4.github.io"].map(toServerKey),
    });
    expect(await add(names)).toMatchObject({ added: 0, known: 5, heldBack: ["s3.github.io", "s4.github.io"] });
    expect(await store.readStats()).toMatchObject({
      names: 5,
      hostnames: 5,
      sources: [{ source: "rooms:example.org", names: 5, run: null }],
      heldBack: { names: 4, domains: [{ domain: "github.io", count: 4 }] },
    });
    await sql("update name_quotas set day = day - 1");
    expect(await add(names)).toMatchObject({ added: 2, known: 5, heldBack: [] });
  });

  test("counts ports and address literals, and each source by itself", async () => {
    const ports = ["example.org", "example.org:1", "example.org:2", "example.org:3"];
    expect(await add(ports)).toMatchObject({ added: 3, heldBack: ["example.org:3"] });
    expect(await add(["192.0.2.1", "192.0.2.2", "[2001:db8::1]", "[2001:db8::2]"])).toMatchObject({ added: 3 });
    expect(await add(ports, BOUND, "api")).toMatchObject({ added: 1, known: 3, heldBack: [] });
  });

  test("holds for the source as a whole, over names of any domain", async () => {
    const names = Array.from({ length: 60 }, (_, place) => `domain${place}.test`);
    const { added, heldBack } = await add(names);
    expect({ added, heldBack: heldBack.length }).toEqual({ added: 50, heldBack: 10 });
    expect((await directory.store.readStats()).heldBack).toEqual({ names: 10, domains: [] });
  });

  test("holds against many submissions at once", async () => {
    const names = numbered(40, "example.org");
    const added = await Promise.all(Array.from({ length: 8 }, (_, turn) => add(names.slice(turn * 5, turn * 5 + 5))));
    expect(added.reduce((sum, one) => sum + one.added, 0)).toBe(3);
  });

  test("is none for who gives none", async () => {
    const names = numbered(200, "example.org").map(toServerName);
    expect(await directory.store.addCandidates({ names, source: "cli", due: "now" })).toMatchObject({ added: 200 });
  });

  test("is told of for a week, also where the source brings something else on the next day", async () => {
    const { store, sql } = directory;
    await add(numbered(5, "hoster.example"));
    await sql("update name_quotas set day = day - 1");
    await add(["example.org"]);
    const held = async () => (await store.readStats()).heldBack;
    expect(await held()).toEqual({ names: 2, domains: [{ domain: "hoster.example", count: 2 }] });
    await sql("update name_quotas set day = day - 1");
    await add(numbered(9, "hoster.example"));
    expect(await held()).toEqual({ names: 5, domains: [{ domain: "hoster.example", count: 5 }] });
    await sql("update name_quotas set day = day - 6");
    expect(await held()).toEqual({ names: 3, domains: [{ domain: "hoster.example", count: 3 }] });
    await sql("update name_quotas set day = day - 1");
    expect(await held()).toEqual({ names: 0, domains: [] });
  });

  test("does not tell of a domain whose operator opted out", async () => {
    const { store } = directory;
    await add([...numbered(5, "hoster.example"), ...numbered(6, "other.example")]);
    await store.optOutDomain(toDomain("hoster.example"));
    const held = async () => (await store.readStats()).heldBack;
    expect(await held()).toEqual({ names: 5, domains: [{ domain: "other.example", count: 3 }] });
    await store.optOut(toServerKey("other.example"));
    expect(await held()).toEqual({ names: 5, domains: [] });
  });

  test("forgets the counts of old days", async () => {
    await add(["example.org"]);
    await directory.sql("update name_quotas set day = day - 8");
    await add(["example.com"]);
    expect(await directory.sql("select domain from name_quotas order by domain")).toEqual([
      { domain: "*" },
      { domain: "example.com" },
    ]);
  });
});

test("a source's name keeps when it was first and last heard", async () => {
  await addNames(directory.store, ["example.org"]);
  await directory.sql("update name_sources set heard_at = '2026-01-01', last_heard_at = '2026-01-01'");
  await addNames(directory.store, ["example.org"]);
  const [heard] = await directory.store.listSources(toServerKey("example.org"));
  expect(heard).toMatchObject({ source: "a test", heardAt: Date.parse("2026-01-01T00:00:00Z") });
  expect(heard?.lastHeardAt).toBeGreaterThan(Date.now() - HOUR_MS);
  await directory.store.rebuildProjections();
  expect((await directory.store.readStats()).sources).toEqual([{ source: "a test", names: 1, run: null }]);
});

test("a preview says what adding would do and does nothing", async () => {
  const { store } = directory;
  await addNames(store, ["example.org", "out.test"]);
  await store.optOut(toServerKey("out.test"));
  const names = ["example.org", "new.test", "out.test"].map(toServerName);
  expect(await store.previewCandidates(names)).toEqual({
    added: 1,
    known: 1,
    optedOut: ["out.test"],
    heldBack: [],
  });
  expect(await store.readStats()).toMatchObject({ names: 2 });
});

describe("names set aside", () => {
  const reason = "no name of the internet";
  const entries = (names: readonly string[]) => names.map((name) => ({ name, code: "candidate-reserved", reason }));

  test("are kept once, with the reason, and listed page by page", async () => {
    const { store } = directory;
    await store.setNamesAside("a list", entries(["b.local", "a.onion", "b.local", "nul\0\ud800"]));
    await store.setNamesAside("a list", entries(["a.onion"]));
    await store.setNamesAside("other list", entries(["a.onion"]));
    const first = await store.listSetAside({ limit: 2, source: "a list" });
    if (!first.ok || first.value.nextCursor === null) throw new Error("no first page");
    expect(first.value.items.map(({ name }) => name)).toEqual(["a.onion", "b.local"]);
    const second = await store.listSetAside({ limit: 2, source: "a list", cursor: first.value.nextCursor });
    expect(second.ok && second.value.items).toMatchObject([{ name: "nul\ufffd\ufffd", reason }]);
    expect((await store.readStats()).setAside).toEqual([{ code: "candidate-reserved", count: 4 }]);
    expect(await store.listSetAside({ limit: 2, cursor: "foreign" })).toMatchObject({ ok: false });
  });

  test("are bounded by source and day, and forgotten after a month", async () => {
    const { store, sql } = directory;
    await store.setNamesAside("a flood", entries(Array.from({ length: 1_500 }, (_, place) => `x${place}.local`)));
    await store.setNamesAside("a flood", entries(["y.local", "x".repeat(5_000)]));
    expect(await sql("select count(*)::int from set_aside_names")).toEqual([{ count: 1_000 }]);
    await sql("update set_aside_names set heard_at = '2026-01-01', last_heard_at = '2026-01-01'");
    await store.setNamesAside("a flood", entries(["y.local", "x".repeat(5_000)]));
    expect(await sql("select length(name) from set_aside_names order by 1")).toEqual([{ length: 7 }, { length: 100 }]);
  });
});

test("nothing that is set aside names a host whose operator opted out", async () => {
  const { store } = directory;
  const left = ["example.org.", "Example.org:99999", "https://example.org/x", "[2001:DB8::1]:0", "s.example.net."];
  const kept = ["example.org.local", "notexample.org.", "example.com."];
  const hear = () => {
    const names = [...left, ...kept].map((name) => ({ name, code: "candidate-label", reason: "no host" }));
    return store.setNamesAside("a list", names);
  };
  const listed = async () => {
    const page = await store.listSetAside({ limit: 100 });
    return page.ok && page.value.items.map(({ name }) => name);
  };
  await hear();
  expect(await listed()).toHaveLength(left.length + kept.length);
  await store.optOut(toServerKey("example.org"));
  await store.optOut(toServerKey("[2001:db8::1]"));
  await store.optOutDomain(toDomain("example.net"));
  expect(await listed()).toEqual([...kept].sort());
  await hear();
  expect(await listed()).toEqual([...kept].sort());
});

describe("the schedule of sources", () => {
  const source = { source: "ours", kind: "destinations", everyMs: HOUR_MS };
  const claim = () => directory.store.claimDueSource(["ours"], LEASE_MS);

  test("lends a source that is due to one reader, and makes it due again after the interval", async () => {
    const { store, sql } = directory;
    await store.scheduleSources([source]);
    const claims = await Promise.all([claim(), claim(), claim()]);
    const [lease, ...others] = claims.filter((one) => one !== null);
    expect(others).toEqual([]);
    if (lease === undefined) throw new Error("nobody got it");
    expect(lease).toMatchObject({ source: "ours", cursor: null });
    expect(await store.claimSource(source, LEASE_MS)).toBeNull();
    await store.endSourceRun(lease, { summary: summary(), cursor: null, error: null, nextInMs: HOUR_MS });
    expect(await claim()).toBeNull();
    expect(await store.listSourceRuns()).toMatchObject([{ source: "ours", isRunning: false, summary: summary() }]);
    // A restart of the worker schedules again, which must not make it due.
    await store.scheduleSources([source]);
    expect(await claim()).toBeNull();
    await sql(
      "update source_runs set due_at = due_at - interval '1 hour', finished_at = finished_at - interval '1 hour'",
    );
    expect(await claim()).toMatchObject({ source: "ours" });
  });

  test("takes a shorter interval up at once", async () => {
    const { store, sql } = directory;
    await store.scheduleSources([{ ...source, everyMs: 48 * HOUR_MS }]);
    const lease = await claim();
    if (lease === null) throw new Error("not lent");
    await store.endSourceRun(lease, { summary: summary(), cursor: null, error: null, nextInMs: 48 * HOUR_MS });
    await sql("update source_runs set finished_at = finished_at - interval '2 hours'");
    await store.scheduleSources([source]);
    expect(await claim()).toMatchObject({ source: "ours" });
  });

  test("goes on where a reader stopped or died, unless that is a day ago", async () => {
    const { store, sql } = directory;
    await store.scheduleSources([source]);
    const dead = await claim();
    if (dead === null) throw new Error("not lent");
    expect(await store.saveSourceRun(dead, { summary: summary(), cursor: "page 2", leaseMs: LEASE_MS })).toBe(true);
    await sql("update source_runs set lease_until = now() - interval '1 second'");
    const next = await claim();
    expect(next).toMatchObject({ cursor: "page 2" });
    // The dead one wakes: its late write is void.
    expect(await store.saveSourceRun(dead, { summary: summary(), cursor: "page 1", leaseMs: LEASE_MS })).toBe(false);
    expect(await store.endSourceRun(dead, { summary: summary(), cursor: null, error: null, nextInMs: 1 })).toBe(false);
    if (next === null) throw new Error("not lent");
    const stopped = { summary: summary(), cursor: "page 3", error: "no answer", nextInMs: null };
    expect(await store.endSourceRun(next, stopped)).toBe(true);
    expect(await store.listSourceRuns()).toMatchObject([{ error: "no answer" }]);
    expect(await claim()).toMatchObject({ cursor: "page 3" });
    await sql(
      "update source_runs set lease_until = now() - interval '1 second', cursor_at = now() - interval '25 hours'",
    );
    expect(await claim()).toMatchObject({ cursor: null });
  });

  test("keeps a source that is read by hand off the schedule", async () => {
    const { store } = directory;
    const lease = await store.claimSource({ source: "by hand", kind: "file" }, LEASE_MS);
    if (lease === null) throw new Error("not lent");
    await store.endSourceRun(lease, { summary: summary(), cursor: "x\0", error: null, nextInMs: null });
    expect(await store.claimDueSource(["by hand"], LEASE_MS)).toBeNull();
    expect(await store.listSourceRuns()).toMatchObject([{ source: "by hand", dueAt: null, error: null }]);
    expect(await store.claimSource({ source: "by hand", kind: "file" }, LEASE_MS)).toMatchObject({ cursor: null });
  });
});

test("published documents are read page by page, without those withdrawn", async () => {
  const { store } = directory;
  await addNames(store, ["a.test", "b.test", "c.test", "d.test"]);
  for (const hostname of ["a.test", "c.test", "d.test"]) {
    await probe(store, hostname, documentOutcome(buildDocument()), NOON);
  }
  await walk(store, "b.test", [ABSENT], HOUR_MS);
  const first = await store.listPublishedDocuments({ after: null, limit: 2 });
  expect(first.documents.map(({ hostname }) => hostname)).toEqual(["a.test", "c.test"].map(toHostname));
  expect(first.last).toBe("c.test");
  const second = await store.listPublishedDocuments({ after: first.last, limit: 2 });
  expect(second).toMatchObject({ documents: [{ hostname: "d.test" }], last: null });
});
