import { addMs, DAY_MS, HOUR_MS, type ProbeOutcome } from "@switchboard/domain";
import { arbitraryDocument, buildContact, buildDocument, NOON, toServerKey } from "@switchboard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  ABSENT,
  addNames,
  claimNow,
  type Directory,
  documentOutcome,
  openDirectory,
  probe,
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
const contentA = buildDocument();
const contentB = buildDocument({ support_page: "https://example.org/support" });

async function claimOne(hostname = "example.org") {
  const [claim] = await claimNow(directory.store, [hostname]);
  if (claim === undefined) throw new Error(`${hostname} could not be claimed`);
  return claim;
}

/** Every row of every table but the deliveries' timing, in a fixed order. */
async function dump() {
  const tables = ["servers", "schedule", "revisions", "spans", "changes", "contacts", "tallies", "server_names"];
  const rows = await Promise.all(tables.map((table) => directory.sql(`select * from ${table} order by 1, 2`)));
  return Object.fromEntries(tables.map((table, place) => [table, rows[place]]));
}

describe("a record", () => {
  test("publishes a document and says so in the feed", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const recorded = await probe(store, "example.org", documentOutcome(contentA), NOON);
    expect(recorded).toEqual({ recorded: 1, discarded: 0, discardedHostnames: [], changes: 1 });
    expect(await store.findListing(example)).toMatchObject({
      condition: "document",
      conditionSince: NOON,
      lastProbedAt: NOON,
      lastConfirmedAt: NOON,
      lastChangedAt: NOON,
      published: { revision: 1, document: contentA, verdict: "valid", since: NOON },
      delivery: { hops: [{ status: 200 }] },
    });
  });

  test("gives back the state that it was decided on, whatever happened", async () => {
    const { store } = directory;
    const unusable: ProbeOutcome = { kind: "unusable", reason: "html", findings: [], validator: null };
    const arbitraryOutcome = fc.oneof(
      arbitraryDocument.map((document) => documentOutcome(document)),
      fc.constantFrom(contentA, contentB).map((document) => documentOutcome(document)),
      fc.constantFrom<ProbeOutcome>(ABSENT, unusable, unreachable("dns-timeout"), unreachable("connect-timeout")),
      fc.constant<ProbeOutcome>({ kind: "refused", reason: "redirect-to-http", detail: "in a test" }),
    );
    const arbitraryWalk = fc.array(fc.tuple(arbitraryOutcome, fc.integer({ min: HOUR_MS, max: 20 * DAY_MS })), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(arbitraryWalk, async (steps) => {
        await directory.clear();
        await addNames(store, ["example.org"]);
        let now = NOON;
        let claim = await claimOne();
        for (const [outcome, waitMs] of steps) {
          now = addMs(now, waitMs);
          const record = toRecord(claim, outcome, now);
          await store.recordProbes([record]);
          claim = await claimOne();
          expect(claim.state).toEqual(record.decision.state);
        }
      }),
      { numRuns: 10 },
    );
  });

  test("with a token that is no longer its own is discarded", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const [frozen] = await store.claimDue({ limit: 1, leaseMs: 0 });
    if (frozen === undefined) throw new Error("nothing was claimed");
    await probe(store, "example.org", documentOutcome(contentB), addMs(NOON, HOUR_MS));
    const before = await dump();
    const late = await store.recordProbes([toRecord(frozen, documentOutcome(contentA), NOON)]);
    expect(late).toEqual({ recorded: 0, discarded: 1, discardedHostnames: ["example.org"], changes: 0 });
    expect(await dump()).toEqual(before);
  });

  test("that is repeated changes nothing", async () => {
    const { store } = directory;
    await addNames(store, ["example.org", "other.example.org"]);
    const claims = await claimNow(store, ["example.org", "other.example.org"]);
    const records = claims.map((claim) => toRecord(claim, documentOutcome(contentA), NOON));
    expect((await store.recordProbes(records)).recorded).toBe(2);
    const before = await dump();
    expect(await store.recordProbes(records)).toMatchObject({ recorded: 0, discarded: 2, changes: 0 });
    expect(await dump()).toEqual(before);
  });

  test("twice in one batch counts once", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const record = toRecord(await claimOne(), documentOutcome(contentA), NOON);
    expect(await store.recordProbes([record, record])).toMatchObject({ recorded: 1, discarded: 1, changes: 1 });
  });

  test("of a span that is not the present one is set aside, and the rest of the batch goes on", async () => {
    const { store, badRows } = directory;
    await addNames(store, ["example.org", "other.example.org"]);
    const [claim, other] = await claimNow(store, ["example.org", "other.example.org"]);
    if (claim === undefined || other === undefined) throw new Error("nothing was claimed");
    const good = toRecord(other, ABSENT, NOON);
    const record = toRecord(claim, ABSENT, NOON);
    const bad = {
      ...record,
      decision: { ...record.decision, span: { ...record.decision.span, action: "extend" as const } },
    };
    expect(await store.recordProbes([bad, good])).toMatchObject({ recorded: 1, discardedHostnames: ["example.org"] });
    expect(badRows).toMatchObject([{ table: "spans", id: "example.org" }]);
  });

  test("of another server than its token's is set aside", async () => {
    const { store, badRows } = directory;
    await addNames(store, ["example.org", "other.example.org"]);
    const [claim, other] = await claimNow(store, ["example.org", "other.example.org"]);
    if (claim === undefined || other === undefined) throw new Error("nothing was claimed");
    const before = await dump();
    const mixedUp = { ...toRecord(claim, documentOutcome(contentA), NOON), token: other.token };
    expect(await store.recordProbes([mixedUp])).toMatchObject({ recorded: 0, discarded: 1 });
    expect(badRows).toMatchObject([{ id: "example.org", problem: "the decision is about another server" }]);
    expect(await dump()).toEqual(before);
  });

  test("makes the name due by Postgres' clock, however wrong the worker's is", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const yearsAgo = addMs(NOON, -5_000 * DAY_MS);
    const record = toRecord(await claimOne(), documentOutcome(contentA), yearsAgo);
    await store.recordProbes([record]);
    expect(await store.countDue()).toBe(0);
    const [{ due_in_ms: dueInMs } = {}] = await directory.sql(
      "select extract(epoch from due_at - now())::float8 * 1000 as due_in_ms from schedule",
    );
    const expected = record.decision.dueAt - yearsAgo;
    expect(dueInMs).toBeGreaterThan(expected - HOUR_MS);
    expect(dueInMs).toBeLessThanOrEqual(expected);
  });

  test("holds what no text column can", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const message = "a NUL \0, half a pair \ud83d, and a path C:\\u0000";
    const findings = [{ code: "role-custom", severity: "info" as const, path: "/contacts/0/ro\0le", message }];
    await probe(store, "example.org", documentOutcome(contentA, { findings }), NOON);
    const listing = await store.findListing(example);
    expect(listing?.published?.findings).toEqual([
      {
        ...findings[0],
        path: "/contacts/0/ro\ufffdle",
        message: "a NUL \ufffd, half a pair \ufffd, and a path C:\\u0000",
      },
    ]);
  });
});

describe("history", () => {
  test("grows with what changes, never with how often we look", async () => {
    const { store, sql } = directory;
    await addNames(store, ["example.org"]);
    const timeouts = [unreachable("dns-timeout"), unreachable("connect-timeout"), unreachable("dns-timeout")];
    await walk(store, "example.org", [documentOutcome(contentA), documentOutcome(contentA), ...timeouts], DAY_MS);
    const spans = await store.listSpans(example, { limit: 10 });
    expect(spans.ok && spans.value.items).toEqual([
      {
        kind: "unreachable",
        fingerprint: null,
        revision: null,
        firstAt: addMs(NOON, 2 * DAY_MS),
        lastAt: addMs(NOON, 4 * DAY_MS),
        count: 3,
        reasons: { "dns-timeout": 2, "connect-timeout": 1 },
      },
      expect.objectContaining({ kind: "document", revision: 1, count: 2, lastAt: addMs(NOON, DAY_MS) }),
    ]);
    expect(await sql("select kind from changes order by seq")).toEqual([
      { kind: "document-published" },
      { kind: "became-unreachable" },
    ]);
  });

  test("keeps one revision for each content, also when it comes back", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    await walk(
      store,
      "example.org",
      [contentA, contentB, contentA].map((content) => documentOutcome(content)),
      DAY_MS,
    );
    const revisions = await store.listRevisions(example, { limit: 10 });
    expect(revisions.ok && revisions.value.items.map(({ revision }) => revision)).toEqual([2, 1]);
    const listing = await store.findListing(example);
    expect(listing?.published).toMatchObject({ revision: 1, document: contentA, since: addMs(NOON, 2 * DAY_MS) });
    const spans = await store.listSpans(example, { limit: 10 });
    expect(spans.ok && spans.value.items.map(({ revision }) => revision)).toEqual([1, 2, 1]);
    const second = await store.findRevision(example, 2);
    expect(new TextDecoder().decode(second?.raw)).toContain("https://example.org/support");
    expect(await store.findRevision(example, 3)).toBeNull();
  });

  test("of a server is told as of any moment", async () => {
    const { store, sql } = directory;
    await addNames(store, ["example.org"]);
    await sql("update server_names set first_seen_at = $1", [new Date(NOON - DAY_MS).toISOString()]);
    const outage = unreachable("connect-timeout");
    const outcomes = [documentOutcome(contentA), outage, documentOutcome(contentB), ABSENT, ABSENT, ABSENT];
    await walk(store, "example.org", outcomes, 2 * DAY_MS);
    const at = (days: number) => store.findListingAt(example, addMs(NOON, days * DAY_MS));
    expect(await at(-2)).toBeNull();
    expect(await at(-0.5)).toMatchObject({ condition: "unprobed", published: null, lastProbedAt: null });
    expect(await at(1)).toMatchObject({ condition: "document", published: { document: contentA, since: NOON } });
    expect(await at(3)).toMatchObject({
      condition: "unreachable",
      conditionReason: "connect-timeout",
      published: { document: contentA, since: NOON },
      lastProbedAt: addMs(NOON, 2 * DAY_MS),
      lastConfirmedAt: NOON,
    });
    expect(await at(5)).toMatchObject({ condition: "document", published: { document: contentB, revision: 2 } });
    expect(await at(7)).toMatchObject({
      condition: "absent",
      published: { document: contentB },
      absentSince: addMs(NOON, 6 * DAY_MS),
    });
    // Withdrawn on day 8, inside a span of absences.
    expect(await at(9)).toMatchObject({ condition: "absent", published: null, withdrawnAt: addMs(NOON, 8 * DAY_MS) });
    const now = await store.findListing(example);
    const { delivery, dueAt, ...past } = (await at(10)) ?? {};
    expect({ delivery, dueAt }).toEqual({ delivery: null, dueAt: null });
    expect(now).toMatchObject(past);
  });

  test("comes in pages that together are the whole", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const outcomes = Array.from({ length: 7 }, (_, n) =>
      documentOutcome(buildDocument({ contacts: [buildContact({ role: `org.example.role${n}` })] })),
    );
    await walk(store, "example.org", outcomes, DAY_MS);
    for (const list of [store.listRevisions, store.listSpans]) {
      const whole = await list(example, { limit: 100 });
      expect(whole.ok && whole.value).toMatchObject({ nextCursor: null, items: { length: 7 } });
      const items: unknown[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof list>> = await list(example, { limit: 3, ...(cursor ? { cursor } : {}) });
        if (!page.ok) throw new Error(page.error.message);
        items.push(...page.value.items);
        cursor = page.value.nextCursor;
      } while (cursor !== null);
      expect(items).toEqual(whole.ok && whole.value.items);
    }
  });
});
