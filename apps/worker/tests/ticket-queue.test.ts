import { setTimeout as sleep } from "node:timers/promises";
import { createLogger } from "@switchboard/runtime";
import { createTestDatabase, redisForTests } from "@switchboard/testkit";
import { createPostgresBackend, createRedisBackend, Queue } from "bullmq";
import { Redis } from "ioredis";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { createTicketQueue, type TicketQueue } from "../src/ticket-queue.ts";

const database = await createTestDatabase({ prepare: async () => undefined });
const redis = await redisForTests();
afterAll(async () => {
  await redis?.stop();
  await database.drop();
});

const { connectionString: databaseUrl } = database;
const PATIENCE_MS = 60_000;
let opened = 0;

/** A queue of the test's own, what it logs, and a way to put in what is no ticket. */
function openQueue(redisUrl: string | null) {
  opened += 1;
  const name = `tickets-${opened}`;
  const log = createLogger({ name: "test", level: "silent", destination: "stderr" });
  const [error, warn] = [vi.spyOn(log, "error"), vi.spyOn(log, "warn")];
  const queue = createTicketQueue({ databaseUrl, redisUrl, name, log });
  onTestFinished(() => queue.close());
  const intruder =
    redisUrl === null
      ? new Queue(name, { connection: { connectionString: databaseUrl, schema: "bullmq" } }, createPostgresBackend)
      : new Queue(name, { connection: { url: redisUrl } }, createRedisBackend);
  onTestFinished(() => intruder.close());
  return { queue, intruder, error, warn };
}

async function drained(queue: TicketQueue) {
  await vi.waitFor(async () => expect(await queue.countWaiting()).toBe(0), { timeout: PATIENCE_MS, interval: 20 });
}

describe.each([
  { backend: "postgres", redisUrl: null },
  { backend: "redis", redisUrl: redis?.url ?? "" },
])("tickets on $backend", ({ redisUrl }) => {
  test.skipIf(redisUrl === "")("every ticket is worked on once, so many at a time", async () => {
    const { queue } = openQueue(redisUrl);
    await queue.enqueue(40);
    expect(await queue.countWaiting()).toBe(40);
    let [worked, working, most] = [0, 0, 0];
    queue.work(async (ticket) => {
      expect(ticket).toEqual({ version: 1 });
      working += 1;
      most = Math.max(most, working);
      await sleep(10);
      working -= 1;
      worked += 1;
    }, 4);
    await vi.waitFor(() => expect(worked).toBe(40), { timeout: PATIENCE_MS });
    expect(most).toBe(4);
    await drained(queue);
  });

  test.skipIf(redisUrl === "")(
    "a job that is no ticket is logged with its id and set aside; the rest goes on",
    async () => {
      const { queue, intruder, error } = openQueue(redisUrl);
      await queue.enqueue(1);
      const job = await intruder.add("ticket", { version: "somebody@example.org" });
      await queue.enqueue(1);
      let worked = 0;
      queue.work(async () => {
        worked += 1;
      }, 1);
      await vi.waitFor(() => expect(worked).toBe(2), { timeout: PATIENCE_MS });
      await drained(queue);
      expect(error.mock.calls).toEqual([[{ ticket: job.id, problem: expect.any(String) }, expect.any(String)]]);
      expect(JSON.stringify(error.mock.calls)).not.toContain("somebody");
    },
  );

  test.skipIf(redisUrl === "")("work that throws is logged with its ticket's id, and the ticket is gone", async () => {
    const { queue, intruder, error } = openQueue(redisUrl);
    await queue.enqueue(2);
    let worked = 0;
    const failure = new Error("the directory is gone");
    queue.work(async () => {
      worked += 1;
      if (worked === 1) throw failure;
    }, 1);
    await vi.waitFor(() => expect(worked).toBe(2), { timeout: PATIENCE_MS });
    await drained(queue);
    await vi.waitFor(() => expect(error).toHaveBeenCalledTimes(1), { timeout: PATIENCE_MS });
    expect(error.mock.calls[0]).toMatchObject([{ err: failure, ticket: expect.any(String) }, expect.any(String)]);
    await vi.waitFor(async () => {
      const counts = await intruder.getJobCounts("active", "completed", "failed", "delayed");
      expect(Object.values(counts).every((count) => count === 0)).toBe(true);
    }, PATIENCE_MS);
    expect(worked).toBe(2);
  });

  test.skipIf(redisUrl === "")("closing waits for the work at hand and takes no more", async () => {
    const { queue } = openQueue(redisUrl);
    await queue.enqueue(5);
    let [begun, ended] = [0, 0];
    queue.work(async () => {
      begun += 1;
      await sleep(200);
      ended += 1;
    }, 2);
    await vi.waitFor(() => expect(begun).toBe(2), { timeout: PATIENCE_MS });
    await queue.close();
    expect([begun, ended]).toEqual([2, 2]);
  });
});

describe.skipIf(redis === null)("redis", () => {
  test("FLUSHALL loses the tickets, not the queue", async () => {
    const { queue } = openQueue(redis?.url ?? "");
    let worked = 0;
    queue.work(async () => {
      worked += 1;
    }, 2);
    await queue.enqueue(1);
    await vi.waitFor(() => expect(worked).toBe(1), { timeout: PATIENCE_MS });
    const client = new Redis(redis?.url ?? "");
    await client.flushall();
    client.disconnect();
    await queue.enqueue(3);
    await vi.waitFor(() => expect(worked).toBe(4), { timeout: PATIENCE_MS });
  });
});
