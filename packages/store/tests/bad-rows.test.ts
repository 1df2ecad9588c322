import { DAY_MS } from "@switchboard/domain";
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
  walk,
} from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(async () => {
  await directory.clear();
  await addNames(directory.store, ["bad.test", "good.test"]);
  for (const hostname of ["bad.test", "good.test"]) {
    await walk(directory.store, hostname, [documentOutcome(buildDocument())], DAY_MS);
  }
  // Half of what is published is missing, and an address is none.
  await directory.sql(`
    update revisions set document = '{"contacts": [{"role": 7, "email_address": "secret"}]}'
    where server_id = (select id from servers where hostname = 'bad.test')`);
});
afterAll(() => directory.close());

describe("a row that does not parse", () => {
  test("is set aside and named without its values, and the rest goes on", async () => {
    const { store, badRows } = directory;
    expect(await store.findListing(toServerKey("bad.test"))).toBeNull();
    expect(badRows).toMatchObject([{ table: "servers", id: "bad.test" }]);
    expect(JSON.stringify(badRows)).not.toContain("secret");
    const found = await store.searchListings({ contactMatch: "exact", sort: "name", limit: 10 });
    expect(found.ok && found.value.items.map(({ serverName }) => serverName)).toEqual(["good.test"]);
    const exported: string[] = [];
    for await (const listing of store.streamListings()) exported.push(listing.serverName);
    expect(exported).toEqual(["good.test"]);
  });

  test("ends no page early", async () => {
    const { store } = directory;
    const first = await store.searchListings({ contactMatch: "exact", sort: "name", limit: 1 });
    if (!first.ok || first.value.nextCursor === null) throw new Error("the first page has no next");
    expect(first.value.items).toEqual([]);
    const { nextCursor: cursor } = first.value;
    const second = await store.searchListings({ contactMatch: "exact", sort: "name", limit: 1, cursor });
    expect(second.ok && second.value.items.map(({ serverName }) => serverName)).toEqual(["good.test"]);
  });

  test("holds up no claim and no record of others", async () => {
    const { store, badRows } = directory;
    const claims = await claimNow(store, ["bad.test", "good.test"]);
    expect(claims.map(({ hostname }) => hostname)).toEqual(["good.test"]);
    expect(badRows).toHaveLength(1);
    const records = claims.map((claim) => toRecord(claim, ABSENT, NOON));
    expect(await store.recordProbes(records)).toMatchObject({ recorded: 1, discarded: 0 });
  });

  test("of a claim is told and left out, whatever part of it is bad", async () => {
    const { store, badRows, sql } = directory;
    const ofBad = "where server_id = (select id from servers where hostname = 'bad.test')";
    await sql(`update revisions set document = '{"contacts": [], "support_page": null, "policies": []}' ${ofBad}`);
    const falsify = [
      "update schedule set span_reasons = null",
      `update schedule set span_reasons = '{"timeout": "secret"}'`,
      "update schedule set span_count = null, span_reasons = '{}', unusable_count = -1, interval_ms = 'NaN'",
      `update schedule set span_count = 1, interval_ms = 1, validator = '{"url": "secret"}'`,
    ];
    for (const [place, statement] of falsify.entries()) {
      await sql(`${statement} ${ofBad}`);
      const claims = await claimNow(store, ["bad.test", "good.test"]);
      expect(
        claims.map(({ hostname }) => hostname),
        statement,
      ).toEqual(["good.test"]);
      expect(badRows, statement).toHaveLength(place + 1);
      await sql("delete from leases");
    }
    expect(badRows.every(({ table, id }) => table === "servers" && id === "bad.test")).toBe(true);
    expect(JSON.stringify(badRows)).not.toContain("secret");
  });

  test("in the feed leaves the other changes to be read", async () => {
    const { store, badRows, sql } = directory;
    await sql(`update changes set detail = '{"kind": "recovered", "from": "nowhere"}' where seq = 1`);
    const page = await store.listChanges({ order: "oldest", limit: 10 });
    expect(page.ok && page.value.items.map(({ hostname }) => hostname)).toEqual(["good.test"]);
    expect(badRows).toMatchObject([{ table: "changes", id: "1" }]);
  });
});
