import { createTestDatabase } from "@switchboard/testkit";
import { expect, onTestFinished, test } from "vitest";
import { startWorkerProcess } from "./worker-process.ts";

test("an environment it cannot use: every problem on a line of its own, exit status 2", async () => {
  const worker = startWorkerProcess({ REDIS_URL: "localhost", SWITCHBOARD_INFLIGHT: "5" });
  expect((await worker.end()).code).toBe(2);
  expect(worker.log().trim().split("\n")).toEqual([
    expect.stringMatching(/^REDIS_URL must be /),
    "SWITCHBOARD_INFLIGHT is not known; did you mean SWITCHBOARD_IN_FLIGHT?",
  ]);
});

test("a database that was not migrated: one line that says so, exit status 1", async () => {
  const database = await createTestDatabase({ prepare: async () => undefined });
  onTestFinished(() => database.drop());
  const worker = startWorkerProcess({ DATABASE_URL: database.connectionString });
  expect((await worker.end()).code).toBe(1);
  expect(worker.log().trim().split("\n")).toHaveLength(1);
  expect(worker.log()).toMatch(/migrat/i);
});

test("no database at all: one line that says how to get one, exit status 1", async () => {
  const worker = startWorkerProcess({ SWITCHBOARD_DATA_DIR: "/nonexistent/switchboard" });
  expect((await worker.end()).code).toBe(1);
  expect(worker.log().trim().split("\n")).toHaveLength(1);
  expect(worker.log()).toContain("set DATABASE_URL");
});
