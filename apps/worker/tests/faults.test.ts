import { serverKeyOf } from "@switchboard/domain";
import { PLAUSIBLE_MIX, type ServerDescription, startFederation } from "@switchboard/simulator";
import type { Store } from "@switchboard/store";
import { redisForTests } from "@switchboard/testkit";
import { Redis } from "ioredis";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { allChanges, openDirectory, recordedOutcomes, serverName, trueOutcomes } from "./directory.ts";
import { startWorkerProcess } from "./worker-process.ts";

const redis = await redisForTests();
afterAll(() => redis?.stop());

/** Short, because a killed worker's claims wait for it; long enough for a busy machine to answer in. */
const DEADLINE_MS = "2000";

/** Servers that answer at once, in every way there is to do that. */
function promptServers(count: number): ServerDescription[] {
  return Array.from({ length: count }, (_, n) => ({
    serverName: `server${n}.fed.test`,
    behaviour: PLAUSIBLE_MIX[n % PLAUSIBLE_MIX.length]?.behaviour ?? { family: "absent", how: "not-found" },
  }));
}

/** Servers of which some never answer: there is always a probe in flight. */
function withSilentServers(servers: readonly ServerDescription[]): ServerDescription[] {
  return servers.map((server, n) =>
    n % 3 === 0 ? { ...server, behaviour: { family: "connection", how: "no-answer" } } : server,
  );
}

async function setUp(redisUrl: string | null, servers: readonly ServerDescription[]) {
  const federation = await startFederation({ names: servers });
  const directory = await openDirectory();
  const { store, databaseUrl } = directory;
  const names = federation.names();
  await store.addCandidates({
    names: names.map((server) => serverName(server.serverName)),
    source: "test",
    due: "now",
  });
  onTestFinished(async () => {
    await directory.close();
    await federation.stop();
  });
  return {
    store,
    names,
    startWorker(env: Record<string, string>) {
      const worker = startWorkerProcess({ federation, databaseUrl, redisUrl, env });
      onTestFinished(async () => void (await worker.end("SIGKILL")));
      const untilProbed = (count: number) => worker.until(async () => (await countProbed(store)) >= count, PATIENCE_MS);
      return { ...worker, untilProbed };
    },
  };
}

async function countProbed(store: Store): Promise<number> {
  const { hostnames, unprobed } = await store.readStats();
  return hostnames - unprobed;
}

/** Longer than any of this takes on a machine that has better to do. */
const PATIENCE_MS = 60_000;

async function expectWholeTruth({ store, names }: Pick<Awaited<ReturnType<typeof setUp>>, "store" | "names">) {
  expect(await recordedOutcomes(store, names)).toEqual(trueOutcomes(names));
  const published = names.filter(({ truth }) => truth?.kind === "document").map(({ hostname }) => hostname);
  const changes = await allChanges(store);
  expect(changes.map(({ kind, hostname }) => `${kind} ${hostname}`).toSorted()).toEqual(
    published.map((hostname) => `document-published ${hostname}`).toSorted(),
  );
  for (const { serverName: name, truth } of names) {
    const key = serverKeyOf(serverName(name));
    const [spans, revisions] = await Promise.all([
      store.listSpans(key, { limit: 10 }),
      store.listRevisions(key, { limit: 10 }),
    ]);
    if (!spans.ok || !revisions.ok) throw new Error("no page");
    expect(spans.value.items.map(({ kind, count }) => ({ kind, count }))).toEqual([{ kind: truth?.kind, count: 1 }]);
    expect(revisions.value.items).toHaveLength(truth?.kind === "document" ? 1 : 0);
  }
}

describe.each([
  { backend: "postgres", redisUrl: null },
  { backend: "redis", redisUrl: redis?.url ?? "" },
])("a worker with its queue on $backend", ({ redisUrl }) => {
  test.skipIf(redisUrl === "")("tick, tickets, sweep: everything due is probed", { timeout: 60_000 }, async () => {
    const { store, names, startWorker } = await setUp(redisUrl, promptServers(200));
    const worker = startWorker({});
    await worker.untilProbed(names.length);
    await expectWholeTruth({ store, names });
    expect((await worker.end("SIGTERM")).code).toBe(0);
    expect(worker.log()).toContain("worker ready");
    // Nothing went wrong on the way, and nothing was said at the end but that it ended.
    expect(worker.log()).not.toMatch(/"level":[4-6]0/);
  });

  test.skipIf(redisUrl === "")(
    "SIGTERM in the middle of a sweep: gone within 10 s, everything in flight recorded or handed back",
    { timeout: 90_000 },
    async () => {
      const { store, names, startWorker } = await setUp(redisUrl, withSilentServers(promptServers(300)));
      const worker = startWorker({ SWITCHBOARD_IN_FLIGHT: "30", SWITCHBOARD_PROBE_DEADLINE_MS: "60000" });
      await worker.untilProbed(10);
      const { code, tookMs } = await worker.end("SIGTERM");
      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(10_000);
      const probed = await countProbed(store);
      expect(probed).toBeLessThan(names.length);
      // Due and not lent out: whoever is claimable was neither probed nor is anybody's.
      expect(await store.countDue()).toBe(names.length - probed);
    },
  );

  test.skipIf(redisUrl === "")(
    "kill -9 in the middle of a sweep, then a restart: every name probed, no change twice, no revision lost",
    { timeout: 120_000 },
    async () => {
      const { store, names, startWorker } = await setUp(redisUrl, promptServers(400));
      const env = { SWITCHBOARD_IN_FLIGHT: "40", SWITCHBOARD_PROBE_DEADLINE_MS: DEADLINE_MS };
      for (const goal of [40, 120]) {
        const worker = startWorker(env);
        await worker.untilProbed(goal);
        await worker.end("SIGKILL");
      }
      const probed = await countProbed(store);
      expect(probed).toBeLessThan(names.length);
      const lent = names.length - probed - (await store.countDue());
      expect(lent).toBeGreaterThan(0);
      await startWorker(env).untilProbed(names.length);
      await expectWholeTruth({ store, names });
    },
  );
});

describe.skipIf(redis === null)("redis", () => {
  test("FLUSHALL in the middle of a sweep loses time only", { timeout: 90_000 }, async () => {
    const { store, names, startWorker } = await setUp(redis?.url ?? "", promptServers(400));
    const worker = startWorker({ SWITCHBOARD_IN_FLIGHT: "10" });
    const client = new Redis(redis?.url ?? "");
    onTestFinished(() => client.disconnect());
    for (const goal of [20, 60, 100]) {
      await worker.untilProbed(goal);
      await client.flushall();
    }
    expect(await countProbed(store)).toBeLessThan(names.length);
    await worker.untilProbed(names.length);
    await expectWholeTruth({ store, names });
    expect((await worker.end("SIGTERM")).code).toBe(0);
  });
});
