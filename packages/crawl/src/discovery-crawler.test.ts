import {
  addMs,
  DISCOVERY_POLICY,
  type DiscoveryReport,
  parseServerName,
  type ServerKey,
  serverKeyOf,
  toInstant,
  UNDISCOVERED,
} from "@switchboard/domain";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  createDiscoveryCrawler,
  type Discover,
  type DiscoveryClaim,
  type DiscoveryCrawlerOptions,
  type DiscoveryRecord,
  type DiscoveryStore,
} from "./discovery-crawler.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 2, 1) }));
afterEach(() => void vi.useRealTimers());

const clock = () => toInstant(Date.now());
const LEASE_MS = 60_000;
const TICK_MS = 500;

function key(text: string): ServerKey {
  const parsed = parseServerName(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return serverKeyOf(parsed.value);
}

const names = (count: number) => Array.from({ length: count }, (_, n) => key(`server${n}.example.org`));

/** A directory in memory that lends names out by its own clock. */
function createDirectory(known: readonly ServerKey[]) {
  const rows = new Map(known.map((name) => [name, { due: true, token: "", leaseUntil: 0 }]));
  const records: DiscoveryRecord[] = [];
  let claims = 0;
  const store: DiscoveryStore = {
    async claimDueDiscoveries({ limit, leaseMs }) {
      const free = [...rows].filter(([, row]) => row.due && row.leaseUntil <= Date.now()).slice(0, limit);
      return free.map(([serverName, row]): DiscoveryClaim => {
        claims += 1;
        row.token = `claim ${claims}`;
        row.leaseUntil = Date.now() + leaseMs;
        return { serverName, token: row.token, leaseUntil: toInstant(row.leaseUntil), state: UNDISCOVERED };
      });
    },
    async recordDiscoveries(batch) {
      const discarded = batch.filter(({ serverName, token }) => rows.get(serverName)?.token !== token);
      for (const record of batch) {
        if (discarded.includes(record)) continue;
        rows.set(record.serverName, { due: false, token: "", leaseUntil: 0 });
        records.push(record);
      }
      return { discardedNames: discarded.map(({ serverName }) => serverName) };
    },
    async handBackDiscoveries(returned) {
      for (const { serverName, token } of returned) {
        if (rows.get(serverName)?.token === token) rows.set(serverName, { due: true, token: "", leaseUntil: 0 });
      }
    },
  };
  return {
    store,
    records,
    recorded: () => records.map(({ serverName }) => serverName),
    due: () => [...rows].filter(([, row]) => row.due && row.leaseUntil <= Date.now()).map(([name]) => name),
    takeOver: (name: ServerKey) =>
      void rows.set(name, { due: true, token: "another's", leaseUntil: Date.now() + LEASE_MS }),
  };
}

function reportOf(serverName: ServerKey): DiscoveryReport {
  const software = { name: "Synapse", version: "1.98.0" };
  return { serverName, discoveredAt: clock(), steps: [], target: null, software, reason: null, detail: "", totalMs: 1 };
}

/** A discovery that finds its server after `ms`, unless stopped before. */
function findAfter(ms: number): Discover {
  return (serverName, _known, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(reportOf(serverName)), ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
}

function start(store: DiscoveryStore, overrides: Partial<DiscoveryCrawlerOptions> = {}) {
  const log = { warn: vi.fn(), error: vi.fn() };
  const crawler = createDiscoveryCrawler({
    store,
    discover: findAfter(100),
    policy: DISCOVERY_POLICY,
    inFlight: 5,
    leaseMs: LEASE_MS,
    tickMs: TICK_MS,
    mayBegin: async () => true,
    random: () => 0.5,
    log,
    ...overrides,
  });
  const stop = new AbortController();
  const ended = crawler.run(stop.signal);
  return {
    crawler,
    log,
    async stop() {
      stop.abort(new Error("stopped"));
      await vi.advanceTimersByTimeAsync(0);
      await ended;
    },
  };
}

test("every due name is discovered once and recorded with its decision, never more at once than there are places", async () => {
  const directory = createDirectory(names(23));
  let most = 0;
  const found: (string | null)[] = [];
  const { crawler, log, stop } = start(directory.store, {
    discover: (...given) => {
      most = Math.max(most, crawler.inFlight() + 1);
      return findAfter(100)(...given);
    },
    onRecorded: (failure) => found.push(failure),
  });
  await vi.advanceTimersByTimeAsync(5 * TICK_MS + 100);
  await stop();
  expect(directory.recorded().toSorted()).toEqual(names(23).toSorted());
  expect(most).toBe(5);
  expect(found).toEqual(names(23).map(() => null));
  expect(directory.records[0]?.decision).toMatchObject({ software: "new", state: { software: { name: "Synapse" } } });
  expect([...log.warn.mock.calls, ...log.error.mock.calls]).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("what is known of a delegation goes along", async () => {
  const directory = createDirectory(names(1));
  const delegation = { serverName: key("matrix.example.org"), freshUntil: addMs(clock(), 1_000) };
  const known: unknown[] = [];
  const { stop } = start(
    {
      ...directory.store,
      claimDueDiscoveries: async (request) =>
        (await directory.store.claimDueDiscoveries(request)).map((claim) => ({
          ...claim,
          state: { ...UNDISCOVERED, delegation },
        })),
    },
    {
      discover: (serverName, given, signal) => {
        known.push(given);
        return findAfter(1)(serverName, given, signal);
      },
    },
  );
  await vi.advanceTimersByTimeAsync(TICK_MS);
  await stop();
  expect(known).toEqual([delegation]);
});

test("nothing begins while there are probes to be made", async () => {
  const directory = createDirectory(names(3));
  let probesDue = true;
  const { stop } = start(directory.store, { mayBegin: async () => !probesDue });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(directory.due()).toHaveLength(3);
  probesDue = false;
  await vi.advanceTimersByTimeAsync(2 * TICK_MS);
  await stop();
  expect(directory.recorded()).toHaveLength(3);
});

test("a stop hands back at once what is under way, and records what was found", async () => {
  const directory = createDirectory(names(4));
  const slow = names(2);
  const { stop } = start(directory.store, {
    discover: (serverName, known, signal) =>
      findAfter(slow.includes(serverName) ? 30_000 : 10)(serverName, known, signal),
  });
  await vi.advanceTimersByTimeAsync(100);
  await stop();
  expect(directory.recorded().toSorted()).toEqual(names(4).slice(2));
  expect(directory.due().toSorted()).toEqual(slow);
});

test("a discovery that outlasts its lease is given up, and one whose claim is another's by then is discarded", async () => {
  const [late, taken] = names(2);
  if (late === undefined || taken === undefined) throw new Error("no names");
  const directory = createDirectory([late, taken]);
  const recorded = vi.fn();
  const { log, stop } = start(directory.store, {
    discover: (serverName, known, signal) => findAfter(serverName === late ? 1e6 : 50)(serverName, known, signal),
    onRecorded: recorded,
  });
  await vi.advanceTimersByTimeAsync(10);
  directory.takeOver(taken);
  await vi.advanceTimersByTimeAsync(LEASE_MS - 2_100);
  expect(directory.recorded()).toEqual([]);
  expect(recorded).not.toHaveBeenCalled();
  expect(directory.due()).toEqual([]);
  await vi.advanceTimersByTimeAsync(100);
  await stop();
  expect(directory.due()).toEqual([late]);
  expect(log.error).not.toHaveBeenCalled();
});

test("an error of ours sets one name aside and is logged; a directory that is gone is asked again, not all the time", async () => {
  const [bad, ...good] = names(3);
  const directory = createDirectory(names(3));
  let asked = 0;
  const { log, stop } = start(
    {
      ...directory.store,
      claimDueDiscoveries: async (request) => {
        asked += 1;
        if (asked === 1) throw new Error("connection lost");
        return directory.store.claimDueDiscoveries(request);
      },
    },
    {
      discover: (serverName, known, signal) => {
        if (serverName === bad) throw new Error("a bug");
        return findAfter(10)(serverName, known, signal);
      },
    },
  );
  await vi.advanceTimersByTimeAsync(15 * TICK_MS);
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(10 * TICK_MS);
  await stop();
  expect(log.warn).toHaveBeenCalledOnce();
  expect(log.error.mock.calls.map(([{ serverName }]) => serverName)).toEqual([bad]);
  expect(directory.recorded().toSorted()).toEqual(good);
});
