import { describe, expect, test } from "vitest";
import { countProbed, promptServers, startCrawl, withSilentServers } from "./simulated-crawl.ts";
import { TEST_MS } from "./worker-process.ts";

/** Short, because a killed worker's claims wait for it; long enough for a busy machine to answer in. */
const DEADLINE_MS = "5000";

/** What a worker promises, wherever its queue is. `redisUrl` null: in Postgres. */
export function describeWorker(backend: string, redisUrl: string | null): void {
  describe(`a worker with its queue on ${backend}`, () => {
    test("tick, tickets, sweep: everything due is probed", { timeout: TEST_MS }, async () => {
      const { names, startWorker, expectWholeTruth } = await startCrawl(redisUrl, promptServers(200));
      const worker = startWorker({});
      await worker.untilProbed(names.length);
      await expectWholeTruth();
      expect((await worker.end("SIGTERM")).code).toBe(0);
      expect(worker.log()).toContain("worker ready");
      // Nothing went wrong on the way, and nothing was said at the end but that it ended.
      expect(worker.log()).not.toMatch(/"level":[4-6]0/);
    });

    test("SIGTERM in the middle of a sweep: gone within 10 s, everything in flight recorded or handed back", {
      timeout: TEST_MS,
    }, async () => {
      const { store, names, startWorker } = await startCrawl(redisUrl, withSilentServers(promptServers(300), 3));
      const worker = startWorker({ SWITCHBOARD_IN_FLIGHT: "30", SWITCHBOARD_PROBE_DEADLINE_MS: "60000" });
      await worker.untilProbed(10);
      const { code, tookMs } = await worker.end("SIGTERM");
      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(10_000);
      const probed = await countProbed(store);
      expect(probed).toBeLessThan(names.length);
      // Due and not lent out: whoever is claimable was neither probed nor is anybody's.
      expect(await store.countDue()).toBe(names.length - probed);
    });

    test("kill -9 in the middle of a sweep, then a restart: every name probed, no change twice, no revision lost", {
      timeout: TEST_MS,
    }, async () => {
      // Else a worker may be killed just after it has recorded all that it had in hand.
      const servers = withSilentServers(promptServers(400), 20);
      const { store, names, startWorker, expectWholeTruth } = await startCrawl(redisUrl, servers);
      const env = { SWITCHBOARD_IN_FLIGHT: "16", SWITCHBOARD_PROBE_DEADLINE_MS: DEADLINE_MS };
      for (const goal of [40, 120]) {
        const worker = startWorker(env);
        await worker.untilProbed(goal);
        await worker.end("SIGKILL");
      }
      const probed = await countProbed(store);
      expect(probed).toBeLessThan(names.length);
      const lent = names.length - probed - (await store.countDue());
      expect(lent).toBeGreaterThan(0);
      await startWorker(env).untilProbed(names.length);
      await expectWholeTruth();
    });
  });
}
