import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startPostgres } from "@switchboard/postgres";
import { describe, expect, test, vi } from "vitest";
import { startFaultyCrawl } from "./faulty-crawl.ts";
import { findLent, withClient } from "./history-rows.ts";
import type { CleanUp } from "./simulated-crawl.ts";

const SERVERS = 60;
const HOUR_MS = 3_600_000;
const CLI = fileURLToPath(new URL("../../cli/bin/switchboard.mjs", import.meta.url));

// They wait for leases more than they work: side by side they take little longer than the slowest.
describe.concurrent("whatever breaks in the middle of a sweep, history stays whole", () => {
  test.for([
    { point: "after-claim", at: 20 },
    { point: "after-fetch", at: 25 },
    { point: "after-commit", at: 5 },
  ] as const)("a worker killed $point", { timeout: 300_000 }, async ({ point, at }, { onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    await crawl.untilKilled(crawl.startFaultyWorker({ kind: "signal", signal: "SIGKILL", point, at }));
    expect(await crawl.countRecorded()).toBeLessThan(SERVERS);
    await crawl.untilRecorded(crawl.startWorker());
    await crawl.expectHonestHistory();
  });

  test.for([
    { direction: "forward", byMs: HOUR_MS },
    { direction: "backward", byMs: -HOUR_MS },
  ])(
    "a clock that jumps an hour $direction, and then is right again",
    { timeout: 300_000 },
    async ({ byMs }, { onTestFinished }) => {
      const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
      const fault = { kind: "clock-jump", byMs, point: "after-fetch", at: SERVERS / 2 } as const;
      const astray = crawl.startFaultyWorker(fault);
      await crawl.untilRecorded(astray);
      await crawl.untilFault(astray);
      await astray.end("SIGTERM");
      await crawl.expectHonestHistory();

      await crawl.changeFederation();
      await crawl.untilRecorded(crawl.startWorker());
      await crawl.expectHonestHistory();
    },
  );

  test("a worker frozen with its decisions in hand: what it writes too late is discarded", {
    timeout: 300_000,
  }, async ({ onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    const { databaseUrl, federation } = crawl;
    const frozen = crawl.startFaultyWorker({ kind: "signal", signal: "SIGSTOP", point: "before-commit", at: 5 });
    await crawl.untilFault(frozen);
    const lent = await vi.waitFor(() => findLent(databaseUrl), { timeout: 60_000, interval: 50 });
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
    await frozen.until(async () => /"discarded":[1-9]/.test(frozen.log()), 120_000);
    expect((await frozen.end("SIGTERM")).code).toBe(0);
    await crawl.expectHonestHistory();
  });

  test("Postgres stopped at once and started again, with the queue in it", { timeout: 300_000 }, async ({
    onTestFinished,
  }) => {
    const postgres = await startOwnPostgres(onTestFinished);
    const { connectionString: databaseUrl } = postgres;
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished, databaseUrl });
    // What was in its hands comes due by the end of its lease: four deadlines and 2 s.
    const worker = crawl.startWorker({ SWITCHBOARD_PROBE_DEADLINE_MS: "4000" });
    await crawl.untilRecorded(worker, 20);
    await postgres.stopAtOnce();
    const server = vi.waitFor(() => postgres.revive(), { timeout: 60_000, interval: 100 });
    expect(await server).toBe("started again");
    expect(await crawl.countRecorded()).toBeLessThan(SERVERS);
    await crawl.untilRecorded(worker);
    await crawl.expectHonestHistory();
    expect((await worker.end("SIGTERM")).code).toBe(0);
  });

  test("two sweeps and a worker at once", { timeout: 300_000 }, async ({ onTestFinished }) => {
    const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
    const few = { SWITCHBOARD_IN_FLIGHT: "4" };
    // Nothing can be recorded before all three have claims in hand: each lends eight at most.
    const held = await withClient(crawl.databaseUrl, async (client) => {
      await client.query("begin; lock table spans in share mode");
      const sweeps = [1, 2].map(() => runSweep({ ...crawl.variables, ...few }, onTestFinished));
      const worker = crawl.startWorker(few);
      await worker.until(async () => {
        const { rows } = await client.query<{ lent: number }>(
          "select count(*)::int as lent from schedule where lease_token is not null",
        );
        return (rows[0]?.lent ?? 0) > 16;
      }, 120_000);
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
    /** Without a word to anybody and without writing anything down: it recovers from its log when it starts. */
    async stopAtOnce() {
      const [pid] = (await readFile(join(dataDir, "postgres/cluster/postmaster.pid"), "utf8")).split("\n");
      process.kill(Number(pid), "SIGQUIT");
    },
    /** Rejects until the server is gone and has been started again. */
    async revive() {
      if (!(await server.revive())) throw new Error("it is still there");
      return "started again";
    },
  };
}
