import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { addNames, type Directory, openDirectory } from "./directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await openDirectory();
});
beforeEach(() => directory.clear());
afterAll(() => directory.close());

test("witnesses are names whose last outcome was an answer, each once, and not always the same", async () => {
  const { store, sql } = directory;
  expect(await store.sampleAnswering(8)).toEqual([]);
  await addNames(
    store,
    Array.from({ length: 300 }, (_, n) => `s${n}.example.org`),
  );
  expect(await store.sampleAnswering(8)).toEqual([]);
  await sql("update schedule set last_probed_at = now(), failing_since = case when server_id % 3 > 0 then now() end");
  const answering = new Set(
    (await sql("select hostname from schedule where failing_since is null")).map(({ hostname }) => hostname),
  );
  const samples = await Promise.all(Array.from({ length: 10 }, () => store.sampleAnswering(8)));
  for (const sample of samples) {
    expect(sample.length).toBeGreaterThan(3);
    expect(sample.length).toBeLessThanOrEqual(8);
    expect(new Set(sample).size).toBe(sample.length);
    expect(sample.filter((hostname) => !answering.has(hostname))).toEqual([]);
  }
  expect(new Set(samples.map((sample) => sample.join())).size).toBeGreaterThan(1);
});
