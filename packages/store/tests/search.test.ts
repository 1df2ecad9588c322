import {
  addMs,
  DAY_MS,
  FRESHNESS_POLICY,
  FRESHNESS_STATES,
  freshnessOf,
  type ProbeOutcome,
  type ServerKey,
} from "@switchboard/domain";
import type { ListingSearch } from "@switchboard/store";
import { buildContact, buildDocument, NOON, toMailAddress, toServerKey, toUserId } from "@switchboard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ABSENT, addNames, type Directory, documentOutcome, openDirectory, unreachable, walk } from "./directory.ts";

let directory: Directory;
const unusable: ProbeOutcome = { kind: "unusable", reason: "html", findings: [], validator: null };

function contactOf(mail: string, role = "m.role.admin") {
  return buildContact({ role, email_address: toMailAddress(mail), matrix_id: toUserId("@Ops:Chat.Example.net") });
}

beforeAll(async () => {
  directory = await openDirectory();
  const { store } = directory;
  const security = documentOutcome(buildDocument({ contacts: [contactOf("Abuse@Hoster.test", "m.role.security")] }));
  const admin = documentOutcome(buildDocument({ contacts: [contactOf("ops_team@mail.test")] }));
  const walks: Record<string, readonly ProbeOutcome[]> = {
    "alpha.example.org": [security],
    "beta.example.org": [security, unreachable("dns-timeout")],
    "chat.test": [admin, ABSENT],
    "never.test": [],
    "offline.test": [unreachable("dns-not-found")],
    // Withdrawn in the end: unusable for longer than a document is believed to be still meant.
    "page.example.org": [admin, ...Array.from({ length: 9 }, () => unusable)],
    "quiet.test": [ABSENT],
    "xn--bcher-kva.test": [admin],
  };
  await addNames(store, [...Object.keys(walks), "alpha.example.org:8448"]);
  for (const [hostname, outcomes] of Object.entries(walks)) await walk(store, hostname, outcomes, 2 * DAY_MS);
}, 60_000);
afterAll(() => directory.close());

const all = [
  "alpha.example.org",
  "alpha.example.org:8448",
  "beta.example.org",
  "chat.test",
  "never.test",
  "offline.test",
  "page.example.org",
  "quiet.test",
  "xn--bcher-kva.test",
];

async function search(filters: Partial<ListingSearch>) {
  const found = await directory.store.searchListings({ contactMatch: "exact", sort: "name", limit: 50, ...filters });
  if (!found.ok) throw new Error(found.error.message);
  return found.value;
}

async function namesOf(filters: Partial<ListingSearch>) {
  return (await search(filters)).items.map(({ serverName }) => String(serverName));
}

describe("a search", () => {
  test("without words lists everything by name", async () => {
    expect(await namesOf({})).toEqual(all);
  });

  test("of one or two characters finds prefixes", async () => {
    expect(await namesOf({ q: "a" })).toEqual(["alpha.example.org", "alpha.example.org:8448"]);
    expect(await namesOf({ q: "C" })).toEqual(["chat.test"]);
    expect(await namesOf({ q: "ha" })).toEqual([]);
  });

  test("from three characters finds substrings of names", async () => {
    expect(await namesOf({ q: "HAT" })).toEqual(["chat.test"]);
    expect(await namesOf({ q: "example.org" })).toEqual(all.filter((name) => name.includes("example.org")));
  });

  test("of more characters than the index is asked for finds those that contain it all", async () => {
    const pieces = ["ha.example.or", "alpha.example.org", "alpha.example.org:8448", "ALPHA.example.org:8"];
    for (const q of pieces) {
      expect(await namesOf({ q }), q).toEqual(all.filter((name) => name.includes(q.toLowerCase())));
    }
    // Whose every third character is the name's, but not all of them, and whose end is another.
    expect(await search({ q: "alpha.example.oth" })).toMatchObject({ match: "similar" });
    expect(await search({ q: "alpha-example.org" })).toMatchObject({ match: "similar" });
    const key = { contactMatch: "substring" } as const;
    expect(await namesOf({ q: "buse@hoster.te", ...key })).toHaveLength(3);
    expect(await namesOf({ q: "@ops:chat.example.net and what more there is", ...key })).toEqual([]);
    expect(await namesOf({ q: "\u{1f980}".repeat(40), ...key })).toEqual([]);
  });

  test("takes wildcards for what they are not", async () => {
    expect(await namesOf({ q: "%" })).toEqual([]);
    expect(await namesOf({ q: ".example_org" })).toEqual([]);
    const named = ["chat.test", "xn--bcher-kva.test"];
    expect(await namesOf({ q: "ops_team", contactMatch: "substring" })).toEqual(named);
    expect(await namesOf({ q: "ops\\team", contactMatch: "substring" })).toEqual([]);
  });

  test("finds contacts by exact address, user ID or mail domain, and by parts only where that is allowed", async () => {
    const secured = ["alpha.example.org", "alpha.example.org:8448", "beta.example.org"];
    expect(await namesOf({ q: "Abuse@HOSTER.test" })).toEqual(secured);
    expect(await namesOf({ q: "hoster.test" })).toEqual(secured);
    expect(await namesOf({ q: "@Ops:chat.example.net" })).toHaveLength(5);
    expect(await namesOf({ q: "abuse@hoster" })).toEqual([]);
    expect(await namesOf({ q: "abuse@hoster", contactMatch: "substring" })).toEqual(secured);
  });

  test("tolerates a typo in the first label when nothing matches", async () => {
    expect(await search({ q: "alhpa.example.net" })).toMatchObject({
      match: "similar",
      nextCursor: null,
      items: [{ serverName: "alpha.example.org" }, { serverName: "alpha.example.org:8448" }],
    });
    expect(await search({ q: "alpha.ex" })).toMatchObject({ match: "exact" });
    expect(await search({ q: "zzzzzz" })).toMatchObject({ match: "exact", items: [] });
    // An address is no name, however much of one it holds.
    expect(await search({ q: "@alhpa" })).toMatchObject({ match: "exact", items: [] });
  });

  test("filters by role and condition", async () => {
    expect(await namesOf({ role: "m.role.security" })).toEqual([
      "alpha.example.org",
      "alpha.example.org:8448",
      "beta.example.org",
    ]);
    expect(await namesOf({ role: "m.role.security", condition: "unreachable" })).toEqual(["beta.example.org"]);
    expect(await namesOf({ condition: "unprobed" })).toEqual(["never.test"]);
  });

  test("finds a name that was heard of later by the contacts and roles of its server", async () => {
    const { store, sql } = directory;
    await addNames(store, ["beta.example.org:8448"]);
    try {
      const named = ["alpha.example.org", "alpha.example.org:8448", "beta.example.org", "beta.example.org:8448"];
      for (const sort of ["name", "changed", "confirmed"] as const) {
        expect((await namesOf({ role: "m.role.security", sort })).toSorted(), sort).toEqual(named);
      }
      expect(await namesOf({ q: "hoster.tes", contactMatch: "substring" })).toEqual(named);
    } finally {
      await sql("delete from name_roles where key = 'beta.example.org:8448'");
      await sql("delete from server_names where key = 'beta.example.org:8448'");
    }
  });

  test("filters by freshness as the domain computes it", async () => {
    for (const days of [1, 5, 9, 20, 40, 60]) {
      const now = addMs(NOON, days * DAY_MS);
      const everything = (await search({})).items;
      for (const state of FRESHNESS_STATES) {
        const expected = everything.filter((listing) => freshnessOf(listing, now).state === state);
        const found = await namesOf({ freshness: { state, now, policy: FRESHNESS_POLICY } });
        expect(found, `${state} after ${days} days`).toEqual(expected.map(({ serverName }) => serverName));
        for (const sort of ["confirmed", "changed"] as const) {
          const sorted = await namesOf({ sort, freshness: { state, now, policy: FRESHNESS_POLICY } });
          expect(sorted.toSorted(), `${state} by ${sort} after ${days} days`).toEqual(found);
        }
      }
    }
  });

  test("sorts by the latest confirmation and the latest change, never last", async () => {
    const confirmed = (await search({ sort: "confirmed" })).items.map(({ lastConfirmedAt }) => lastConfirmedAt ?? 0);
    expect(confirmed).toEqual(confirmed.toSorted((one, other) => other - one));
    expect(await namesOf({ sort: "changed" })).toEqual(expect.arrayContaining(all));
    expect((await namesOf({ sort: "changed" }))[0]).toBe("page.example.org");
  });

  test("comes in pages that together are the whole, whatever the order", async () => {
    for (const sort of ["name", "confirmed", "changed"] as const) {
      for (const filters of [{}, { q: "test" }, { q: "hoster.test" }, { role: "m.role.admin" }]) {
        const whole = await namesOf({ sort, ...filters });
        const paged: ServerKey[] = [];
        let cursor: string | null = null;
        do {
          const page = await search({ sort, ...filters, limit: 2, ...(cursor === null ? {} : { cursor }) });
          paged.push(...page.items.map(({ serverName }) => serverName));
          cursor = page.nextCursor;
        } while (cursor !== null);
        expect(paged).toEqual(whole);
      }
    }
  });

  test("refuses a cursor of another order", async () => {
    const { nextCursor } = await search({ limit: 1 });
    const other = await directory.store.searchListings({
      contactMatch: "exact",
      sort: "changed",
      limit: 1,
      cursor: nextCursor ?? "",
    });
    expect(other).toMatchObject({ ok: false, error: { code: "foreign-cursor" } });
  });

  test("survives what no index holds", async () => {
    for (const q of ["\0\0\0", "\ud83d\ud83d\ud83d", "'; drop table servers; --", "a".repeat(200)]) {
      expect((await search({ q, contactMatch: "substring" })).items).toEqual([]);
    }
  });
});

describe("reverse look-up", () => {
  const find = async (q: string, match: "exact" | "substring", limit = 50) => {
    const found = await directory.store.findContacts({ q, match, limit });
    if (!found.ok) throw new Error(found.error.message);
    return found.value;
  };

  test("finds who names an address, comparing the localpart exactly", async () => {
    expect((await find("Abuse@hoster.TEST", "exact")).items).toEqual(
      ["alpha.example.org", "alpha.example.org:8448", "beta.example.org"].map((serverName) => ({
        serverName,
        role: "m.role.security",
        stableRole: "m.role.security",
        kind: "email_address",
        value: "Abuse@Hoster.test",
      })),
    );
    expect((await find("abuse@hoster.test", "exact")).items).toEqual([]);
  });

  test("finds parts only when asked to", async () => {
    expect((await find("use@hos", "exact")).items).toEqual([]);
    expect((await find("USE@hos", "substring")).items).toHaveLength(3);
    expect((await find("chat.example.net", "substring")).items.every(({ kind }) => kind === "matrix_id")).toBe(true);
  });

  test("comes in pages that together are the whole", async () => {
    const whole = (await find(".test", "substring")).items;
    const paged: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page = await directory.store.findContacts({
        q: ".test",
        match: "substring",
        limit: 2,
        ...(cursor === null ? {} : { cursor }),
      });
      if (!page.ok) throw new Error(page.error.message);
      paged.push(...page.value.items);
      cursor = page.value.nextCursor;
    } while (cursor !== null);
    expect(paged).toEqual(whole);
    expect(whole.length).toBeGreaterThan(4);
  });
});

describe("a look-up of many names", () => {
  test("leaves out those that are not in the directory", async () => {
    const names = ["quiet.test", "nowhere.test", "alpha.example.org"].map(toServerKey);
    expect([...(await directory.store.findListings(names)).keys()].toSorted()).toEqual([
      "alpha.example.org",
      "quiet.test",
    ]);
  });
});
