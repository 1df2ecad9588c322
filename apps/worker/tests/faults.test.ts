import { describe, test } from "vitest";
import { startFaultyCrawl } from "./faulty-crawl.ts";

const SERVERS = 120;

// They wait for leases more than they work: side by side they take no longer than the slowest.
describe.concurrent("a worker that is killed", () => {
  test.for([
    { point: "after-claim", at: 4 },
    { point: "after-fetch", at: 50 },
    { point: "after-commit", at: 3 },
  ] as const)(
    "$point: the next one loses nothing and does nothing twice",
    { timeout: 120_000 },
    async ({ point, at }, { expect, onTestFinished }) => {
      const crawl = await startFaultyCrawl({ servers: SERVERS, cleanUp: onTestFinished });
      const killed = crawl.startFaultyWorker({ kind: "signal", signal: "SIGKILL", point, at });
      await crawl.untilKilled(killed);
      expect(await crawl.countRecorded()).toBeLessThan(SERVERS);
      await crawl.untilRecorded(crawl.startWorker());
      await crawl.expectHonestHistory();
    },
  );
});
