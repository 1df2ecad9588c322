import { addMs, DAY_MS } from "@switchboard/domain";
import type { ChangeFilter, StoredChange } from "@switchboard/store";
import { buildDocument, NOON, toServerKey } from "@switchboard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ABSENT,
  addNames,
  claimNow,
  type Directory,
  documentOutcome,
  openDirectory,
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

async function readPage(filter: Partial<ChangeFilter> = {}) {
  const page = await directory.store.listChanges({ order: "oldest", limit: 100, ...filter });
  if (!page.ok) throw new Error(page.error.message);
  return page.value;
}

describe("the change feed", () => {
  test("skips nothing while eight writers write", async () => {
    const { store } = directory;
    const writers = 8;
    const rounds = 12;
    const hostnames = Array.from({ length: writers * 4 }, (_, place) => `s${place}.example.org`);
    await addNames(store, hostnames);
    const mine = (writer: number) => hostnames.slice(writer * 4, writer * 4 + 4);
    const seen: StoredChange[] = [];
    let writing = true;
    const reader = (async () => {
      let cursor: string | undefined;
      for (;;) {
        const over = !writing;
        const page = await readPage({ limit: 7, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.items);
        cursor = page.resumeCursor;
        if (over && page.items.length === 0) return;
      }
    })();
    const write = async (writer: number) => {
      for (let round = 0; round < rounds; round++) {
        const claims = await claimNow(store, mine(writer));
        const outcome = round % 2 === 0 ? documentOutcome(buildDocument()) : unreachable("connect-timeout");
        await store.recordProbes(claims.map((claim) => toRecord(claim, outcome, addMs(NOON, round * DAY_MS))));
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    writing = false;
    await reader;
    const stored = await directory.sql("select seq::int from changes order by seq");
    expect(seen.map(({ seq }) => seq)).toEqual(stored.map(({ seq }) => seq));
    // Every round but the first is one change: unreachable, recovered, unreachable …
    expect(seen).toHaveLength(hostnames.length * rounds);
  });

  test("tells what happened to whom, under all its names", async () => {
    const { store } = directory;
    await addNames(store, ["example.org", "example.org:8448"]);
    await walk(store, "example.org", [documentOutcome(buildDocument())], DAY_MS);
    expect((await readPage()).items).toEqual([
      {
        seq: expect.any(Number),
        hostname: "example.org",
        serverNames: ["example.org", "example.org:8448"],
        at: NOON,
        kind: "document-published",
        change: { kind: "document-published", document: buildDocument() },
      },
    ]);
  });

  test("can be narrowed by server, kind and moment, and read from either end", async () => {
    const { store } = directory;
    await addNames(store, ["a.example.org", "b.example.org"]);
    const outcomes = [documentOutcome(buildDocument()), unreachable("dns-timeout"), documentOutcome(buildDocument())];
    await walk(store, "a.example.org", outcomes, DAY_MS);
    await walk(store, "b.example.org", outcomes.slice(0, 2), DAY_MS);
    const kinds = async (filter: Partial<ChangeFilter>) =>
      (await readPage(filter)).items.map(({ hostname, kind }) => `${hostname} ${kind}`);
    expect(await kinds({ serverName: toServerKey("b.example.org") })).toEqual([
      "b.example.org document-published",
      "b.example.org became-unreachable",
    ]);
    expect(await kinds({ kinds: ["recovered"] })).toEqual(["a.example.org recovered"]);
    expect(await kinds({ from: addMs(NOON, DAY_MS), order: "newest" })).toEqual([
      "b.example.org became-unreachable",
      "a.example.org recovered",
      "a.example.org became-unreachable",
    ]);
    const [first, second] = [await readPage({ limit: 3 }), await readPage()];
    const rest = await readPage({ limit: 3, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...rest.items]).toEqual(second.items);
    expect(rest.nextCursor).toBeNull();
  });

  test("goes on from its end, also with a filter that nothing matched", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    await walk(store, "example.org", [documentOutcome(buildDocument()), unreachable("dns-timeout")], DAY_MS);
    const nothing = await readPage({ kinds: ["document-withdrawn"] });
    expect(nothing.items).toEqual([]);
    expect((await readPage({ cursor: nothing.resumeCursor })).items).toEqual([]);
    await walk(store, "example.org", [ABSENT], DAY_MS);
    const { items } = await readPage({ cursor: nothing.resumeCursor });
    expect(items.map(({ kind }) => kind)).toEqual(["became-absent"]);
  });

  test("refuses a cursor that is not its own", async () => {
    const newest = await readPage({ order: "newest" });
    for (const cursor of ["", "!", "bm90IGpzb24", newest.resumeCursor.slice(2)]) {
      const page = await directory.store.listChanges({ order: "oldest", limit: 1, cursor });
      expect(page).toMatchObject({ ok: false, error: { code: "foreign-cursor" } });
    }
    const spans = Buffer.from(JSON.stringify(["spans", 3])).toString("base64url");
    expect((await directory.store.listChanges({ order: "oldest", limit: 1, cursor: spans })).ok).toBe(false);
  });
});
