import { DAY_MS, type ProbeOutcome } from "@switchboard/domain";
import { arbitraryDocument } from "@switchboard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ABSENT, addNames, type Directory, documentOutcome, openDirectory, unreachable, walk } from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

async function dumpProjections() {
  const { sql } = directory;
  return {
    contacts: await sql("select * from contacts order by server_id, position, kind"),
    names: await sql("select key, condition, contact_text from server_names order by key"),
    roles: await sql("select * from name_roles order by role, key"),
    tallies: await sql("select key, count::int from tallies order by key"),
    keys: await sql("select id, tally_keys from servers order by id"),
  };
}

const unusable: ProbeOutcome = { kind: "unusable", reason: "not-json", findings: [], validator: null };
const arbitraryOutcome = fc.oneof(
  arbitraryDocument.map((document) => documentOutcome(document)),
  fc.constantFrom<ProbeOutcome>(ABSENT, unusable, unreachable("dns-timeout"), unreachable("connect-timeout")),
);

describe("the projections", () => {
  test("rebuild to the same rows, whatever happened", async () => {
    const { store, sql } = directory;
    const arbitraryWalks = fc.array(fc.array(arbitraryOutcome, { maxLength: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(arbitraryWalks, async (walks) => {
        await directory.clear();
        await addNames(store, [...walks.map((_, place) => `s${place}.example.org`), "s0.example.org:8448"]);
        for (const [place, outcomes] of walks.entries())
          await walk(store, `s${place}.example.org`, outcomes, 9 * DAY_MS);
        const kept = await dumpProjections();
        await store.rebuildProjections();
        expect(await dumpProjections()).toEqual(kept);
        // And from nothing: what is rebuilt owes nothing to what was there.
        await sql("truncate contacts, name_roles, tallies");
        await sql("update server_names set condition = 'unprobed', contact_text = ''");
        await sql("update servers set tally_keys = '{}'");
        await store.rebuildProjections();
        expect(await dumpProjections()).toEqual(kept);
      }),
      { numRuns: 6 },
    );
  });

  test("say in the statistics what the rows say", async () => {
    const { store, sql } = directory;
    await addNames(store, ["a.test", "a.test:8448", "b.test", "c.test", "d.test", "e.test"]);
    const finding = { code: "role-custom", severity: "info", path: "/contacts/0/role", message: "custom" } as const;
    const content = fc.sample(arbitraryDocument, { numRuns: 1, seed: 1 })[0];
    if (content === undefined) throw new Error("no document");
    await walk(store, "a.test", [documentOutcome(content, { findings: [finding, finding] })], DAY_MS);
    await walk(store, "b.test", [documentOutcome(content, { verdict: "usable" }), unreachable("dns-timeout")], DAY_MS);
    await walk(store, "c.test", [unreachable("dns-timeout"), unreachable("connect-timeout")], DAY_MS);
    await walk(store, "d.test", [unusable], DAY_MS);
    await sql("update schedule set due_at = '2100-01-01T00:00:00Z'");
    expect(await store.readStats()).toMatchObject({
      names: 6,
      hostnames: 5,
      unprobed: 1,
      due: 0,
      optedOut: 0,
      published: 2,
      outcomes: { document: 1, absent: 0, unusable: 1, unreachable: 2, refused: 0 },
      reasons: [
        { kind: "unreachable", reason: "connect-timeout", count: 1 },
        { kind: "unreachable", reason: "dns-timeout", count: 1 },
        { kind: "unusable", reason: "not-json", count: 1 },
      ],
      verdicts: { valid: 1, usable: 1, unusable: 0 },
      findings: [{ code: "role-custom", count: 1 }],
    });
    await store.vacuumHotTables();
  });
});
