import { setTimeout as sleep } from "node:timers/promises";
import type { BatchSummary } from "@switchboard/crawl";
import { createLogger } from "@switchboard/runtime";
import { expect, onTestFinished, test, vi } from "vitest";
import { runWorker, type WorkerOptions } from "./run-worker.ts";
import type { TicketQueue } from "./ticket-queue.ts";

const TICK_MS = 10;
const PATIENCE_MS = 60_000;

/** A queue that lends no thought to anything but tickets: each is worked on as soon as it is put in. */
function createPromptQueue() {
  let workOn: () => Promise<void> = async () => undefined;
  let waiting = 0;
  const working = new Set<Promise<void>>();
  const queue: TicketQueue = {
    async enqueue(count) {
      for (let n = 0; n < count; n += 1) {
        const work: Promise<void> = workOn().finally(() => working.delete(work));
        working.add(work);
      }
    },
    countWaiting: async () => waiting,
    work(given) {
      workOn = () => given({ version: 1 });
    },
    close: async () => void (await Promise.all(working)),
  };
  return {
    queue,
    pretendWaiting: (count: number) => {
      waiting = count;
    },
  };
}

function setUp({ due, ...overrides }: { due: number } & Partial<WorkerOptions>) {
  const log = createLogger({ name: "test", level: "silent", destination: "stderr" });
  const directory = { due, vacuums: 0, batches: 0 };
  const promptQueue = createPromptQueue();
  const enqueue = vi.spyOn(promptQueue.queue, "enqueue");
  const options: WorkerOptions = {
    store: {
      countDue: async (atMost) => Math.min(atMost, directory.due),
      vacuumHotTables: async () => {
        directory.vacuums += 1;
      },
    },
    crawler: {
      inFlight: () => 0,
      async runBatch() {
        directory.batches += 1;
        const claimed = Math.min(100, directory.due);
        directory.due -= claimed;
        return batchOf(claimed);
      },
    },
    queue: promptQueue.queue,
    lanes: 2,
    batchSize: 100,
    tickMs: TICK_MS,
    stopMs: 60_000,
    log,
    ...overrides,
  };
  return { options, directory, enqueue, warn: vi.spyOn(log, "warn"), pretendWaiting: promptQueue.pretendWaiting };
}

function batchOf(probed: number): BatchSummary {
  const probe = { hostname: "example.org" as never, outcome: "absent" as const, reason: null, changes: 0 };
  return {
    claimed: probed,
    recorded: Array(probed).fill(probe),
    discarded: 0,
    handedBack: 0,
    deferred: 0,
    optedOut: 0,
    failed: 0,
  };
}

/** Runs a worker until the test is over, or the answered controller aborts. */
function start(options: WorkerOptions) {
  const stop = new AbortController();
  const ended = runWorker(options, stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await ended;
  });
  return { stop, ended };
}

const someTicks = () => sleep(10 * TICK_MS);

test.each([
  { due: 0, waiting: 0, enqueued: [] },
  { due: 1, waiting: 0, enqueued: [[1]] },
  { due: 250, waiting: 0, enqueued: [[3]] },
  { due: 5_000, waiting: 0, enqueued: [[8]] },
  { due: 5_000, waiting: 6, enqueued: [[2]] },
  { due: 5_000, waiting: 8, enqueued: [] },
  { due: 100, waiting: 8, enqueued: [] },
])("$due due and $waiting tickets waiting: a tick enqueues $enqueued", async ({ due, waiting, enqueued }) => {
  const { options, enqueue, pretendWaiting } = setUp({ due, tickMs: 60_000 });
  pretendWaiting(waiting);
  start(options);
  await someTicks();
  expect(enqueue.mock.calls).toEqual(enqueued);
});

test("ticks go on until a backlog larger than the queue's bound is drained", async () => {
  const { options, directory } = setUp({ due: 5_000 });
  start(options);
  await vi.waitFor(() => expect(directory.due).toBe(0), PATIENCE_MS);
  expect(directory.batches).toBe(50);
});

test("the hot tables are vacuumed once, when a sweep's backlog is drained, and not for a few probes", async () => {
  const { options, directory } = setUp({ due: 900 });
  start(options);
  await vi.waitFor(() => expect(directory.due).toBe(0), PATIENCE_MS);
  await someTicks();
  expect(directory.vacuums).toBe(0);
  directory.due = 300;
  await vi.waitFor(() => expect(directory).toMatchObject({ due: 0, vacuums: 1 }), PATIENCE_MS);
  await someTicks();
  expect(directory.vacuums).toBe(1);
});

test("a tick that fails is logged, and the next one tries again", async () => {
  const failure = new Error("connection lost");
  const { options, directory, warn } = setUp({ due: 100 });
  vi.spyOn(options.store, "countDue").mockRejectedValueOnce(failure);
  start(options);
  await vi.waitFor(() => expect(directory.batches).toBe(1), PATIENCE_MS);
  expect(warn.mock.calls).toEqual([[{ err: failure }, expect.any(String)]]);
});

test("a stop reaches the crawl, and the worker ends when its tickets have", async () => {
  const { promise: handedBack, resolve: handBack } = Promise.withResolvers<void>();
  let [begun, stopped] = [false, false];
  const { options } = setUp({
    due: 100,
    crawler: {
      inFlight: () => 1,
      async runBatch({ signal }) {
        begun = true;
        signal.addEventListener("abort", () => {
          stopped = true;
        });
        await handedBack;
        return batchOf(0);
      },
    },
  });
  const { stop, ended } = start(options);
  await vi.waitFor(() => expect(begun).toBe(true), PATIENCE_MS);
  stop.abort();
  expect(stopped).toBe(true);
  expect(await Promise.race([ended.then(() => "ended"), someTicks().then(() => "waiting")])).toBe("waiting");
  handBack();
  await ended;
});

test.each(["close", "countWaiting"] as const)(
  "a queue whose %s hangs holds a stop up no longer than said",
  async (call) => {
    const { options, warn } = setUp({ due: 1, stopMs: 50 });
    const queue: TicketQueue = { ...options.queue, [call]: () => new Promise(() => undefined) };
    const { stop, ended } = start({ ...options, queue });
    await someTicks();
    stop.abort();
    await ended;
    expect(warn).toHaveBeenCalledOnce();
  },
);
