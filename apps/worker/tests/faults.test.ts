import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPostgres } from "@switchboard/postgres";
import { describe, expect, test, vi } from "vitest";
import { startFaultyCrawl, WORKER_PLAN } from "./faulty-crawl.ts";
import { findLent, withClient } from "./history-rows.ts";
import type { CleanUp } from "./simulated-crawl.ts";
import { PATIENCE_MS, TEST_MS } from "./worker-process.ts";

const SERVERS = 60;
const HOUR_MS = 3_600_000;
const CLI = fileURLToPath(new URL("../../cli/bin/switchboard.mjs", import.meta.url));

// They wait for leases more than they work: side by side they take little longer than the slowest.
describe.concurrent("whatever breaks in the middle of a sweep, history stays whole", () => {
  test.for([
    { point: "after-claim", at: 20 },
    { point: "after-fetch", at: 25 },
    { point: "after-commit", at: 5 },
  ] as const)("a worker killed $point", { timeout: TEST_MS }, async ({ point, at }, { onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    await crawl.untilKilled(crawl.startFaultyWorker({ kind: "signal", signal: "SIGKILL", point, at }));
    expect(await crawl.countRecorded()).toBeLessThan(SERVERS);
    await crawl.untilRecorded(crawl.startWorker());
    await crawl.expectHonestHistory();
  });

  test.for([
    // No probe is dated later than its lease, nor sooner than the one before.
    { direction: "forward", byMs: HOUR_MS, dating: { earlyMs: 0, lateMs: WORKER_PLAN.leaseMs } },
    { direction: "backward", byMs: -HOUR_MS, dating: { earlyMs: HOUR_MS, lateMs: 0 } },
  ])(
    "a clock that jumps an hour $direction, and then is right again",
    { timeout: TEST_MS },
    async ({ byMs, dating }, { onTestFinished }) => {
      const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
      const fault = { kind: "clock-jump", byMs, point: "after-fetch", at: SERVERS / 2 } as const;
      const astray = crawl.startFaultyWorker(fault);
      await crawl.untilRecorded(astray);
      await crawl.untilFault(astray);
      await astray.end("SIGTERM");
      await crawl.expectHonestHistory(dating);
      // It did go wrong.
      expect(Object.keys(await crawl.judgeHistory())).toEqual(["every probe is dated in its window"]);

      await crawl.changeFederation();
      await crawl.untilRecorded(crawl.startWorker());
      await crawl.expectHonestHistory(dating);
    },
  );

  test("a worker frozen with its decisions in hand: what it writes too late is discarded", {
    timeout: TEST_MS,
  }, async ({ onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    const { databaseUrl, federation } = crawl;
    const frozen = crawl.startFaultyWorker({ kind: "signal", signal: "SIGSTOP", point: "before-commit", at: 5 });
    await crawl.untilFault(frozen);
    const lent = await vi.waitFor(() => findLent(databaseUrl), { timeout: PATIENCE_MS, interval: 50 });
    expect(lent.length).toBeGreaterThan(0);
    // What it read is not what is there when the next worker comes.
    for (const hostname of lent) {
      federation.setBehaviour(hostname, { family: "document", document: "page-and-admin", delivery: "plain" });
    }
    crawl.amendVisit();
    const next = crawl.startWorker();
    await crawl.untilRecorded(next);
    await next.end("SIGTERM");
    await crawl.expectHonestHistory();

    frozen.signal("SIGCONT");
    await frozen.until(async () => /"discarded":[1-9]/.test(frozen.log()));
    expect((await frozen.end("SIGTERM")).code).toBe(0);
    await crawl.expectHonestHistory();
  });

  test("every lease over at once, as when Postgres' clock jumps an hour: two workers with the same names in hand", {
    timeout: TEST_MS,
  }, async ({ onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    // Nothing can be recorded before the second has taken over what the first still works on.
    const { first, second } = await withClient(crawl.databaseUrl, async (client) => {
      await client.query("begin; lock table deliveries in share mode");
      const first = crawl.startWorker();
      const countLent = async () => (await client.query("select unnest(held) from leases")).rowCount;
      await first.until(async () => (await countLent()) === WORKER_PLAN.lanes * WORKER_PLAN.batchSize);
      // A lease of which something is being recorded is locked, and stays the first's.
      const countRecording = async () =>
        (await client.query("select from pg_locks where relation = 'deliveries'::regclass and not granted")).rowCount;
      await first.until(async () => (await countRecording()) === 1);
      const taken = await endLeases(crawl.databaseUrl);
      expect(taken.length).toBeGreaterThan(0);
      const second = crawl.startWorker();
      const countLeft = async () => (await client.query("select from leases where token = any($1)", [taken])).rowCount;
      await second.until(async () => (await countLeft()) === 0);
      await client.query("commit");
      return { first, second };
    });
    await crawl.untilRecorded(second);
    await first.until(async () => /"discarded":[1-9]/.test(first.log()));
    for (const worker of [first, second]) expect((await worker.end("SIGTERM")).code).toBe(0);
    await crawl.expectHonestHistory();
  });

  test.for(["at once", "in order"] as const)(
    "Postgres stopped %s and started again, with the queue in it",
    { timeout: TEST_MS },
    async (how, { onTestFinished }) => {
      const postgres = await startOwnPostgres(onTestFinished);
      const { connectionString: databaseUrl } = postgres;
      const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished, databaseUrl });
      // What was in its hands comes due by the end of its lease: four deadlines and 2 s.
      const worker = crawl.startWorker({ SWITCHBOARD_PROBE_DEADLINE_MS: "8000" });
      await crawl.untilRecorded(worker, 20);
      await postgres.halt(how);
      const server = vi.waitFor(() => postgres.revive(), { timeout: PATIENCE_MS, interval: 100 });
      expect(await server).toBe("started again");
      expect(await crawl.countRecorded()).toBeLessThan(SERVERS);
      await crawl.untilRecorded(worker);
      await crawl.expectHonestHistory();
      expect((await worker.end("SIGTERM")).code).toBe(0);
    },
  );

  test("two sweeps and a worker at once", { timeout: TEST_MS }, async ({ onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    const few = { SWITCHBOARD_IN_FLIGHT: "4" };
    // Nothing can be recorded before all three have claims in hand: each lends eight at most.
    const held = await withClient(crawl.databaseUrl, async (client) => {
      await client.query("begin; lock table deliveries in share mode");
      const sweeps = [1, 2].map(() => runSweep({ ...crawl.variables, ...few }, onTestFinished));
      const worker = crawl.startWorker(few);
      await worker.until(async () => {
        const { rows } = await client.query<{ lent: number }>(
          "select count(*)::int as lent from (select unnest(held) from leases) as held",
        );
        return (rows[0]?.lent ?? 0) > 16;
      });
      await client.query("commit");
      return { sweeps, worker };
    });
    const swept = await Promise.all(held.sweeps);
    await crawl.untilRecorded(held.worker);
    await crawl.expectHonestHistory();
    for (const probed of swept) {
      expect(probed).toBeGreaterThan(0);
      expect(probed).toBeLessThan(SERVERS);
    }
  });
});

/**
 * Ends the leases that no transaction is at work on, and makes their names the first to be claimed. Answers their tokens.
 */
async function endLeases(databaseUrl: string): Promise<readonly string[]> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ token: string }>(`
      with ended as (
        update leases set until = until - interval '1 hour'
        where token in (select token from leases for update skip locked) returning token, held
      ), moved as (
        update schedule set due_at = due_at - interval '1 hour' from ended where server_id = any(held)
      )
      select token from ended`);
    return rows.map(({ token }) => token);
  });
}

/** `switchboard sweep` in a process of its own; answers how many it probed. */
async function runSweep(env: Readonly<Record<string, string>>, cleanUp: CleanUp): Promise<number> {
  const stop = new AbortController();
  cleanUp(async () => stop.abort());
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "sweep", "--json"], {
    env: { PATH: process.env["PATH"], ...env },
    signal: stop.signal,
    killSignal: "SIGKILL",
  });
  return JSON.parse(stdout).probed;
}

/** A Postgres that a test may stop, durable as an operator's. Named so that the next run stops it if this one is killed. */
async function startOwnPostgres(cleanUp: CleanUp) {
  const dataDir = await mkdtemp(join(tmpdir(), `switchboard-test-${process.pid}-`));
  cleanUp(() => rm(dataDir, { recursive: true, force: true }));
  const server = await startPostgres({ dataDir });
  cleanUp(() => server.stop());
  return {
    connectionString: server.connectionString,
    /** At once: without writing anything down; it recovers from its log when it starts. In order: everybody is told to go. */
    async halt(how: "at once" | "in order") {
      const [pid] = (await readFile(join(dataDir, "postgres/cluster/postmaster.pid"), "utf8")).split("\n");
      process.kill(Number(pid), how === "at once" ? "SIGQUIT" : "SIGINT");
    },
    /** Rejects until the server is gone and has been started again. */
    async revive() {
      if (!(await server.revive())) throw new Error("it is still there");
      return "started again";
    },
  };
}
