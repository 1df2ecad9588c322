import { expect, test, vi } from "vitest";
import { addReading } from "./reading.ts";
import { createRegistry } from "./registry.ts";

const NAME = "switchboard_test_readings";

function setUp(read: () => Promise<number>) {
  const registry = createRegistry();
  const warn = vi.fn();
  addReading({ registry, log: { warn }, name: NAME, help: "A test", read, patienceMs: 50 });
  const scrape = async () => (await registry.metrics()).split("\n").filter((line) => !line.startsWith("#"));
  return { scrape, warn };
}

const sampleOf = (lines: readonly string[]) => lines.find((line) => line.startsWith(NAME));

test("it is read at every scrape", async () => {
  let value = 1;
  const { scrape, warn } = setUp(async () => value++);
  expect(sampleOf(await scrape())).toBe(`${NAME} 1`);
  expect(sampleOf(await scrape())).toBe(`${NAME} 2`);
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ["fails", () => Promise.reject(new Error("connection lost")), "connection lost"],
  ["does not answer", () => new Promise<never>(() => undefined), "no answer within 50 ms"],
])("where it %s, that scrape has every other metric, and the log says why", async (_case, fail, message) => {
  const read = vi
    .fn<() => Promise<number>>()
    .mockResolvedValueOnce(7)
    .mockImplementationOnce(fail)
    .mockResolvedValueOnce(8);
  const { scrape, warn } = setUp(read);
  expect(sampleOf(await scrape())).toBe(`${NAME} 7`);
  const without = await scrape();
  expect(sampleOf(without)).toBeUndefined();
  expect(without).toContainEqual(expect.stringMatching(/^nodejs_eventloop_lag_p99_seconds /));
  expect(warn.mock.calls).toEqual([[{ err: expect.objectContaining({ message }), metric: NAME }, expect.any(String)]]);
  expect(sampleOf(await scrape())).toBe(`${NAME} 8`);
});
