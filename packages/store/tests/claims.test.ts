import { initialState } from "@switchboard/domain";
import { NOON, toHostname, toServerKey, toServerName } from "@switchboard/testkit";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ABSENT, addNames, claimNow, type Directory, openDirectory, toRecord, unreachable } from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

const names = (count: number) => Array.from({ length: count }, (_, place) => `s${place}.example.org`);

describe("a claim", () => {
  test("lends a due hostname once, with its names and its state", async () => {
    const { store } = directory;
    await addNames(store, ["Example.org", "example.org:8448"]);
    const [claim, ...others] = await store.claimDue({ limit: 10, leaseMs: 60_000 });
    expect(others).toEqual([]);
    expect(claim).toMatchObject({
      hostname: "example.org",
      serverNames: ["example.org", "example.org:8448"],
      state: initialState(toHostname("example.org")),
    });
    expect(await store.claimDue({ limit: 10, leaseMs: 60_000 })).toEqual([]);
    expect(await store.countDue()).toBe(0);
  });

  test("knows the names of its hostname, whichever there are and whenever they were heard of", async () => {
    const { store } = directory;
    await addNames(store, ["plain.test", "ported.test:8448", "both.test"]);
    await addNames(store, ["both.test:443", "both.test:8448"]);
    const claims = await store.claimDue({ limit: 10, leaseMs: 60_000 });
    expect(Object.fromEntries(claims.map(({ hostname, serverNames }) => [hostname, serverNames]))).toEqual({
      "plain.test": ["plain.test"],
      "ported.test": ["ported.test:8448"],
      "both.test": ["both.test", "both.test:443", "both.test:8448"],
    });
  });

  test("is never given to two claimers at once", async () => {
    const { store } = directory;
    await addNames(store, names(400));
    const claimers = Array.from({ length: 8 }, async () => {
      const mine: string[] = [];
      for (;;) {
        const claims = await store.claimDue({ limit: 13, leaseMs: 60_000 });
        if (claims.length === 0) return mine;
        mine.push(...claims.map(({ hostname }) => hostname));
      }
    });
    const claimed = (await Promise.all(claimers)).flat();
    expect(claimed.toSorted()).toEqual(names(400).toSorted());
  });

  /** Lends the rest of the test a connection that has the turn to lend, as a claim has that was interrupted in the middle. */
  async function inTheMiddle(work: (middle: pg.Client) => Promise<void>): Promise<void> {
    const middle = new pg.Client({ connectionString: directory.connectionString });
    await middle.connect();
    try {
      await middle.query("begin; select pg_advisory_xact_lock(7305190004)");
      await work(middle);
    } finally {
      await middle.end();
    }
  }
  const untilWaiting = () =>
    expect
      .poll(() =>
        directory.sql("select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'"),
      )
      .toHaveLength(1);

  test("sees what was lent while it waited for its turn", async () => {
    const { store } = directory;
    await addNames(store, ["a.test", "b.test"]);
    await inTheMiddle(async (middle) => {
      const claiming = store.claimDue({ limit: 10, leaseMs: 60_000 });
      await untilWaiting();
      await middle.query(`
        insert into leases select gen_random_uuid(), now() + interval '1 min', array_agg(server_id) from schedule
        where hostname = 'a.test'`);
      await middle.query("commit");
      expect((await claiming).map(({ hostname }) => hostname)).toEqual(["b.test"]);
    });
  });

  test("waits no longer for its turn than who has it may do nothing in a transaction", async () => {
    const { store, connectionString } = directory;
    await addNames(store, ["a.test"]);
    const frozen = new pg.Client({ connectionString });
    // Cut off, as who is frozen: without a listener the loss of the connection would end this process.
    const cutOff = new Promise((resolve) => frozen.on("error", resolve));
    await frozen.connect();
    await frozen.query(
      "set idle_in_transaction_session_timeout = 500; begin; select pg_advisory_xact_lock(7305190004)",
    );
    expect(await store.claimDue({ limit: 1, leaseMs: 60_000 })).toHaveLength(1);
    await cutOff;
  });

  test("leaves a lease that is over to whoever records it just now", async () => {
    const { store, sql, connectionString } = directory;
    await addNames(store, ["late.test"]);
    const [claim] = await store.claimDue({ limit: 1, leaseMs: 0 });
    if (claim === undefined) throw new Error("nothing was claimed");
    const recorder = new pg.Client({ connectionString });
    await recorder.connect();
    try {
      await recorder.query("begin; select from leases for update");
      expect(await store.claimDue({ limit: 1, leaseMs: 60_000 })).toEqual([]);
      await recorder.query("rollback");
      // Who was too slow finds the lease gone.
      const [next] = await store.claimDue({ limit: 1, leaseMs: 60_000 });
      expect(next?.hostname).toBe("late.test");
      expect(await store.recordProbes([toRecord(claim, ABSENT, NOON)])).toMatchObject({ recorded: 0, discarded: 1 });
    } finally {
      await recorder.end();
    }
    expect(await sql("select count(*)::int as leases from leases")).toEqual([{ leases: 1 }]);
  });

  test("of a name that opts out at the same moment is never recorded", async () => {
    const { store, sql } = directory;
    await addNames(store, ["out.test"]);
    await inTheMiddle(async (middle) => {
      const leaving = store.optOut(toServerKey("out.test"));
      await untilWaiting();
      const token = "00000000-0000-4000-8000-000000000000";
      await middle.query(
        `insert into leases select '${token}', now() + interval '1 min', array_agg(server_id) from schedule`,
      );
      await middle.query("commit");
      await leaving;
    });
    expect(await sql("select held from leases")).toEqual([{ held: [] }]);
  });

  test("takes the longest overdue first", async () => {
    const { store, sql } = directory;
    await addNames(store, names(3));
    await sql("update schedule set due_at = now() - server_id * interval '1 minute'");
    const claims = await store.claimDue({ limit: 2, leaseMs: 60_000 });
    expect(claims.map(({ hostname }) => hostname)).toEqual(["s2.example.org", "s1.example.org"]);
  });

  test("can be had again when its lease is over, by a new token", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const [first] = await store.claimDue({ limit: 1, leaseMs: 0 });
    const [second] = await store.claimDue({ limit: 1, leaseMs: 60_000 });
    expect(second?.hostname).toBe("example.org");
    expect(second?.token).not.toBe(first?.token);
  });

  test("can be narrowed to hostnames, which still must be due", async () => {
    const { store } = directory;
    await addNames(store, ["a.example.org", "b.example.org"]);
    const request = { limit: 10, leaseMs: 60_000, hostnames: [toHostname("b.example.org")] };
    expect((await store.claimDue(request)).map(({ hostname }) => hostname)).toEqual(["b.example.org"]);
    expect(await store.claimDue(request)).toEqual([]);
  });
});

describe("handing back", () => {
  test("makes a claim due again at once, and only by its own token", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const [claim] = await store.claimDue({ limit: 1, leaseMs: 60_000 });
    if (claim === undefined) throw new Error("nothing was claimed");
    const stranger = "00000000-0000-4000-8000-000000000000";
    for (const token of [stranger, claim.token.replace(/^[^.]*/, stranger), `${claim.token}0`, ""]) {
      expect(await store.handBack([{ hostname: claim.hostname, token }]), token).toBe(0);
    }
    expect(await store.countDue()).toBe(0);
    expect(await store.handBack([claim])).toBe(1);
    expect(await store.countDue()).toBe(1);
  });

  test("handed back for later can be claimed again after that long, and stay due since when they were", async () => {
    const { store, sql } = directory;
    await addNames(store, ["now.example.org", "soon.example.org", "late.example.org"]);
    const before = await sql("select due_at from schedule order by server_id");
    const claims = await store.claimDue({ limit: 3, leaseMs: 60_000 });
    const afterMs = new Map([
      ["soon.example.org", 200],
      ["late.example.org", 3_600_000],
    ]);
    const handedBack = claims.map(({ hostname, token }) => {
      const later = afterMs.get(hostname);
      return { hostname, token, ...(later === undefined ? {} : { afterMs: later }) };
    });
    expect(await store.handBack(handedBack)).toBe(3);
    expect(await sql("select due_at from schedule order by server_id")).toEqual(before);
    const hostnamesOf = async () =>
      (await store.claimDue({ limit: 3, leaseMs: 60_000 })).map(({ hostname }) => hostname);
    expect(await hostnamesOf()).toEqual(["now.example.org"]);
    expect((await store.nextDueAt()) ?? 0).toBeLessThan(Date.now() + 60_000);
    await expect.poll(hostnamesOf).toEqual(["soon.example.org"]);
    // The old claims are void: their tokens are nobody's.
    expect(await store.handBack(claims)).toBe(0);
  });
});

describe("the due times", () => {
  test("are counted up to a bound, and the next one is told", async () => {
    const { store, sql } = directory;
    expect(await store.nextDueAt()).toBeNull();
    await addNames(store, names(5));
    expect(await store.countDue()).toBe(5);
    expect(await store.countDue(3)).toBe(3);
    await sql("update schedule set due_at = '2100-01-01T00:00:00Z'");
    expect(await store.countDue()).toBe(0);
    expect(await store.nextDueAt()).toBe(Date.UTC(2100, 0, 1));
  });

  test("of what is lent out is the end of its lease", async () => {
    const { store } = directory;
    await addNames(store, ["example.org"]);
    const [claim] = await store.claimDue({ limit: 1, leaseMs: 60_000 });
    expect(await store.nextDueAt()).toBe(claim?.leaseUntil);
  });

  test("are spread over a day where that is asked for", async () => {
    const { store, sql } = directory;
    await store.addCandidates({ names: names(50).map(toServerName), source: "a list", due: "spread" });
    const [{ early, late } = {}] = await sql(
      "select count(*) filter (where due_at < now())::int as early, count(*) filter (where due_at > now() + interval '1 day')::int as late from schedule",
    );
    expect({ early, late }).toEqual({ early: 0, late: 0 });
    expect(await sql("select count(distinct due_at)::int as moments from schedule")).not.toEqual([{ moments: 1 }]);
  });

  test("of all or of some are made now", async () => {
    const { store } = directory;
    await addNames(store, names(3));
    const claims = await claimNow(store, names(3));
    await store.recordProbes(claims.map((claim) => toRecord(claim, unreachable("dns-not-found"), NOON)));
    expect(await store.countDue()).toBe(0);
    expect(await store.makeDue([toHostname("s1.example.org")])).toBe(1);
    expect(await store.countDue()).toBe(1);
    expect(await store.makeDue("all")).toBe(2);
    expect(await store.countDue()).toBe(3);
  });
});
