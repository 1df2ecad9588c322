import { networkInterfaces } from "node:os";
import { createRegistry } from "@switchboard/metrics";
import { createLogger } from "@switchboard/runtime";
import { createTestDatabase, redisForTests } from "@switchboard/testkit";
import { afterAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { servePrivately } from "../src/private-server.ts";
import { createTicketQueue } from "../src/ticket-queue.ts";

const database = await createTestDatabase({ prepare: async () => undefined });
const redis = await redisForTests();
afterAll(async () => {
  await redis?.stop();
  await database.drop();
});

async function serve(redisUrl: string | null) {
  const log = createLogger({ name: "test", level: "silent", destination: "stderr" });
  const queue = createTicketQueue({ databaseUrl: database.connectionString, redisUrl, name: "shown", log });
  onTestFinished(() => queue.close());
  const server = await servePrivately({ registry: createRegistry(), queue: queue.board, port: 0, log });
  onTestFinished(() => server.close());
  return { queue, server, origin: `http://127.0.0.1:${server.port}` };
}

describe.each([
  { backend: "postgres", redisUrl: null, datastore: "postgres" },
  { backend: "redis", redisUrl: redis?.url ?? "", datastore: "redis" },
])("the board of a queue on $backend", ({ redisUrl, datastore }) => {
  test.skipIf(redisUrl === "")("shows the tickets that wait and those that are worked on", async () => {
    const { queue, origin } = await serve(redisUrl);
    await queue.enqueue(3);
    const readBoard = async () => (await fetch(`${origin}/queues/api/queues?activeQueue=shown&status=waiting`)).json();
    expect(await readBoard()).toMatchObject({
      queues: [{ name: "shown", readOnlyMode: true, counts: { waiting: 3, active: 0 }, jobs: { length: 3 } }],
    });

    const finish = Promise.withResolvers<void>();
    queue.work(() => finish.promise, 1);
    await vi.waitFor(
      async () => expect(await readBoard()).toMatchObject({ queues: [{ counts: { waiting: 2, active: 1 } }] }),
      { timeout: 60_000 },
    );
    finish.resolve();

    const workers = await (await fetch(`${origin}/queues/api/queues/shown/workers`)).json();
    // Only Redis knows who is connected to it for which queue.
    expect(workers).toEqual({
      workers: redisUrl === null ? null : [expect.objectContaining({ addr: expect.any(String) })],
    });

    const stats = await (await fetch(`${origin}/queues/api/redis/stats`)).json();
    expect(stats).toMatchObject({ backend: datastore, version: expect.stringMatching(/^\d/) });
  });

  test.skipIf(redisUrl === "")("changes nothing, whatever it is asked", async () => {
    const { queue, origin } = await serve(redisUrl);
    await queue.enqueue(1);
    const before = await queue.countWaiting();
    for (const [method, path] of [
      ["PUT", "/queues/api/queues/shown/empty"],
      ["PUT", "/queues/api/queues/shown/pause"],
      ["PUT", "/queues/api/queues/shown/obliterate"],
      ["POST", "/queues/api/queues/shown/add"],
      ["DELETE", "/queues/api/queues/shown"],
      ["POST", "/metrics"],
    ] as const) {
      const response = await fetch(`${origin}${path}`, { method });
      expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
    expect(await queue.countWaiting()).toBe(before);
  });
});

test("the board's page needs nobody else's server", async () => {
  const { origin } = await serve(null);
  const page = await fetch(`${origin}/queues`);
  expect(page.status).toBe(200);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
  const html = await page.text();
  expect(html).toContain("Switchboard");
  const assets = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, path]) => path);
  expect(assets.length).toBeGreaterThan(0);
  for (const path of assets) expect((await fetch(`${origin}/queues/${path}`)).status).toBe(200);
});

test("it is served on loopback only, and metrics beside it", async () => {
  const { server, origin } = await serve(null);
  const scraped = await fetch(`${origin}/metrics`);
  expect(scraped.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await scraped.text()).toContain("nodejs_eventloop_lag_p99_seconds");
  const outside = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).filter(({ internal, family }) => !internal && family === "IPv4").map(({ address }) => address),
  );
  // Every address in 127.0.0.0/8 is this machine's, so that there is one to try without a network.
  for (const address of [...outside, "127.0.0.2"]) {
    await expect(fetch(`http://${address}:${server.port}/metrics`)).rejects.toThrow();
  }
});

test("metrics that cannot be gathered are an error, not an empty page", async () => {
  const log = createLogger({ name: "test", level: "silent", destination: "stderr" });
  const error = vi.spyOn(log, "error");
  const queue = createTicketQueue({ databaseUrl: database.connectionString, redisUrl: null, name: "shown", log });
  onTestFinished(() => queue.close());
  const registry = createRegistry();
  vi.spyOn(registry, "metrics").mockRejectedValue(new Error("a gauge broke"));
  const server = await servePrivately({ registry, queue: queue.board, port: 0, log });
  onTestFinished(() => server.close());
  expect((await fetch(`http://127.0.0.1:${server.port}/metrics`)).status).toBe(500);
  expect(error).toHaveBeenCalledOnce();
});
