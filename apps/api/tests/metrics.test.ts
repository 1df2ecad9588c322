import { addBacklog, createRegistry, type Registry } from "@switchboard/metrics";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Directory, startAnotherApp, startDirectory } from "./start-directory.ts";

const SECRET = "looked-up-by-somebody";

let directory: Directory;
let registry: Registry;
beforeAll(async () => {
  registry = createRegistry();
  directory = await startDirectory({ registry });
  addBacklog({ registry, store: directory.store, clock: directory.clock.now, log: { warn: vi.fn() } });
});
afterAll(() => directory.close());

/** The lines of one scrape, without the comments. */
async function scrape(): Promise<string[]> {
  const { statusCode, headers, body } = await directory.app.inject("/metrics");
  expect(statusCode).toBe(200);
  expect(headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  return body.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

const countOf = (labels: string) =>
  expect.stringContaining(`switchboard_http_request_duration_seconds_count{${labels}} `);

test("requests are counted by method, pattern of the route and class of the status", async () => {
  await directory.probe("listed.example", {});
  for (const url of ["/v1/servers/listed.example", "/v1/servers/unlisted.example", "/nowhere", "/r/listed.example"]) {
    await directory.app.inject(url);
  }
  await directory.app.inject({ method: "DELETE", url: "/v1/stats" });
  const lines = await scrape();
  expect(lines).toContainEqual(countOf('method="GET",route="/v1/servers/:name",status="2xx"'));
  expect(lines).toContainEqual(countOf('method="GET",route="/v1/servers/:name",status="4xx"'));
  expect(lines).toContainEqual(countOf('method="GET",route="/r/*",status="2xx"'));
  expect(lines).toContainEqual(countOf('method="GET",route="none",status="4xx"'));
  expect(lines).toContainEqual(countOf('method="DELETE",route="/v1/stats",status="4xx"'));
});

test("what people look up is in no metric", async () => {
  for (const url of [
    `/v1/route?entity=${encodeURIComponent(`@${SECRET}:${SECRET}.example`)}`,
    `/v1/servers/${SECRET}.example`,
    `/v1/contacts?q=${SECRET}@example.net`,
    `/r/${SECRET}.example`,
    `/${SECRET}`,
    `/${SECRET}%ZZ`,
  ]) {
    await directory.app.inject(url);
  }
  expect((await scrape()).join("\n")).not.toContain(SECRET);
});

test("the backlog is that of the directory, and its age counts from the oldest due name", async () => {
  const hostname = "waiting.example" as never;
  await directory.store.addCandidates({ names: [hostname], source: "test", due: "now" });
  const dueAt = (await directory.store.nextDueAt()) ?? Number.NaN;
  const lines = await scrape();
  expect(lines).toContain("switchboard_backlog_hostnames 1");
  expect(lines).toContain(`switchboard_backlog_oldest_seconds ${(directory.clock.now() - dueAt) / 1_000}`);
});

test("a scrape counts against the quota: it asks the database, and anybody may ask for it", async () => {
  const app = await startAnotherApp(directory, {
    quotas: { default: { requests: 1, windowMs: 60_000 }, writes: { requests: 1, windowMs: 60_000 } },
  });
  expect((await app.inject("/metrics")).statusCode).toBe(200);
  expect((await app.inject("/metrics")).statusCode).toBe(429);
});
