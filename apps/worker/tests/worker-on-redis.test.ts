import { setTimeout as sleep } from "node:timers/promises";
import { redisForTests } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { startFaultyCrawl } from "./faulty-crawl.ts";
import { describeWorker } from "./worker-laws.ts";
import { TEST_MS } from "./worker-process.ts";

const redis = await redisForTests();
afterAll(() => redis?.stop());

if (redis === null) {
  test.skip("a worker with its queue on redis");
} else {
  describeWorker("redis", redis.url);

  test("FLUSHALL in the middle of a sweep loses time only", { timeout: TEST_MS }, async () => {
    const { url: redisUrl } = redis;
    const crawl = await startFaultyCrawl({ servers: 120, cleanUp: onTestFinished, redisUrl });
    const worker = crawl.startWorker();
    const client = new Redis(redisUrl);
    onTestFinished(() => client.disconnect());
    for (const goal of [10, 30, 50]) {
      await crawl.untilRecorded(worker, goal);
      await client.flushall();
    }
    expect(await crawl.countRecorded()).toBeLessThan(crawl.servers);
    await crawl.untilRecorded(worker);
    await crawl.expectHonestHistory();
    expect((await worker.end("SIGTERM")).code).toBe(0);
  });

  describe.concurrent("Redis away for 30 s in the middle of a sweep", () => {
    test.for(["frozen", "gone"] as const)(
      "%s: the sweep goes on where it was",
      { timeout: TEST_MS },
      async (how, { onTestFinished: cleanUp }) => {
        const own = await redisForTests();
        if (own === null) throw new Error("Redis was here a moment ago");
        cleanUp(own.stop);
        const crawl = await startFaultyCrawl({ servers: 120, cleanUp, redisUrl: own.url });
        const worker = crawl.startWorker();
        await crawl.untilRecorded(worker, 20);
        const bringBack = await own.halt(how);
        await sleep(30_000);
        // What was in hand is finished without Redis; nothing else can be.
        expect(await crawl.countRecorded()).toBeLessThan(crawl.servers);
        await bringBack();
        await crawl.untilRecorded(worker);
        await crawl.expectHonestHistory();
        expect((await worker.end("SIGTERM")).code).toBe(0);
      },
    );
  });
}
