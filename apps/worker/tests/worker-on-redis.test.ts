import { redisForTests } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { countProbed, expectWholeTruth, promptServers, startCrawl } from "./simulated-crawl.ts";
import { describeWorker } from "./worker-laws.ts";

const redis = await redisForTests();
afterAll(() => redis?.stop());

if (redis === null) {
  test.skip("a worker with its queue on redis");
} else {
  describeWorker("redis", redis.url);

  test("FLUSHALL in the middle of a sweep loses time only", { timeout: 90_000 }, async () => {
    const { store, names, startWorker } = await startCrawl(redis.url, promptServers(400));
    const worker = startWorker({ SWITCHBOARD_IN_FLIGHT: "10" });
    const client = new Redis(redis.url);
    onTestFinished(() => client.disconnect());
    for (const goal of [20, 60, 100]) {
      await worker.untilProbed(goal);
      await client.flushall();
    }
    expect(await countProbed(store)).toBeLessThan(names.length);
    await worker.untilProbed(names.length);
    await expectWholeTruth(store, names);
    expect((await worker.end("SIGTERM")).code).toBe(0);
  });
}
