import {
  type FetchReport,
  type Hostname,
  type Instant,
  initialState,
  parseHostname,
  parseServerName,
  REVISIT_POLICY,
  serverKeyOf,
  toInstant,
} from "@switchboard/domain";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Claim, CrawlStore, ProbeRecord } from "./crawl-store.ts";
import { type CrawlerOptions, createCrawler, type Probe } from "./crawler.ts";
import { Deferred } from "./deferred.ts";
import { createPlaces } from "./places.ts";
import { sweep } from "./sweep.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2026, 2, 1) }));
afterEach(() => void vi.useRealTimers());

const clock = () => toInstant(Date.now());
const LEASE_MS = 60_000;

function hostname(text: string): Hostname {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const hostnames = (count: number) => Array.from({ length: count }, (_, n) => hostname(`server${n}.example.org`));

/** A directory in memory that lends hostnames out and keeps count of everything done to it. */
function createDirectory(names: readonly Hostname[]) {
  type Row = { due: boolean; token: string | null; leaseUntil: number };
  const rows = new Map(names.map((name): [Hostname, Row] => [name, { due: true, token: null, leaseUntil: 0 }]));
  const records: ProbeRecord[] = [];
  const optedOut: string[] = [];
  let claims = 0;
  const isClaimable = (row: Row) => row.due && row.leaseUntil <= Date.now();

  const store: CrawlStore & { countDue(atMost: number): Promise<number> } = {
    async claimDue({ limit, leaseMs }) {
      const free = [...rows].filter(([, row]) => isClaimable(row)).slice(0, limit);
      return free.map(([name, row]): Claim => {
        claims += 1;
        row.token = `claim ${claims}`;
        row.leaseUntil = Date.now() + leaseMs;
        const leaseUntil = toInstant(row.leaseUntil);
        return { hostname: name, serverNames: [keyOf(name)], token: row.token, leaseUntil, state: initialState(name) };
      });
    },
    async recordProbes(batch) {
      const discardedHostnames: Hostname[] = [];
      for (const record of batch) {
        const row = rows.get(record.hostname);
        if (row === undefined || row.token !== record.token) {
          discardedHostnames.push(record.hostname);
          continue;
        }
        rows.set(record.hostname, { due: false, token: null, leaseUntil: 0 });
        records.push(record);
      }
      return { discardedHostnames };
    },
    async handBack(returned) {
      for (const { hostname: name, token, afterMs } of returned) {
        if (rows.get(name)?.token === token)
          rows.set(name, { due: true, token: null, leaseUntil: Date.now() + afterMs });
      }
    },
    async optOutClaimed({ hostname: name, token }, way) {
      if (rows.get(name)?.token !== token) return false;
      rows.delete(name);
      optedOut.push(`${name} by ${way}`);
      return true;
    },
    sampleAnswering: async () => [],
    countDue: async (atMost) => Math.min(atMost, [...rows.values()].filter(isClaimable).length),
  };
  return {
    store,
    records,
    optedOut,
    recorded: () => records.map((record) => record.hostname),
    leased: () => [...rows].filter(([, row]) => row.leaseUntil > Date.now()).map(([name]) => name),
    due: () => [...rows].filter(([, row]) => isClaimable(row)).map(([name]) => name),
    /** As if another worker took the hostname over. */
    takeOver(name: Hostname) {
      rows.set(name, { due: true, token: "somebody else's", leaseUntil: Date.now() + LEASE_MS });
    },
  };
}

function keyOf(name: Hostname) {
  const parsed = parseServerName(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return serverKeyOf(parsed.value);
}

function notFound(name: Hostname, fetchedAt: Instant): FetchReport {
  const none = null;
  const headers = {
    contentType: none,
    contentEncoding: none,
    accessControlAllowOrigin: none,
    cacheControl: none,
    expires: none,
    age: none,
    date: none,
    retryAfter: none,
    etag: none,
    lastModified: none,
    location: none,
    server: none,
  };
  return {
    hostname: name,
    fetchedAt,
    hops: [{ url: `https://${name}/.well-known/matrix/support`, status: 404, address: "192.0.2.1", headers }],
    tls: null,
    timing: { totalMs: 1, dnsMs: null, connectMs: null, firstByteMs: null },
    conditional: false,
    directoryRecord: null,
    end: { kind: "response", status: 404, headers, body: new Uint8Array() },
  };
}

/** A probe that answers 404 after `ms`, unless stopped before. */
function answerAfter(ms: number): Probe {
  return (name, _validator, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(notFound(name, clock())), ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
}

function silentLog() {
  return { warn: vi.fn(), error: vi.fn() };
}

function crawlerOf({
  inFlight = 50,
  ...options
}: Partial<CrawlerOptions> & Pick<CrawlerOptions, "store"> & { readonly inFlight?: number }) {
  return createCrawler({
    probe: answerAfter(10),
    policy: REVISIT_POLICY,
    places: createPlaces(inFlight),
    batchSize: 20,
    leaseMs: LEASE_MS,
    clock,
    random: () => 0.5,
    log: silentLog(),
    ...options,
  });
}

const never = new AbortController().signal;
const stopwatch = () => performance.now();

/** Lets time pass until `work` settles. */
async function finish<T>(work: Promise<T>): Promise<T> {
  const outcome = work.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  let settled = false;
  void outcome.then(() => {
    settled = true;
  });
  for (let step = 0; step < 10_000 && !settled; step += 1) await vi.advanceTimersByTimeAsync(10);
  return (await outcome)();
}

test("a batch claims its size, and its promise settles when its decisions are committed", async () => {
  const directory = createDirectory(hostnames(30));
  const summary = await finish(crawlerOf({ store: directory.store }).runBatch({ signal: never }));
  expect(summary).toMatchObject({ claimed: 20, discarded: 0, handedBack: 0, failed: 0 });
  expect(summary.recorded.map(({ outcome }) => outcome)).toEqual(Array(20).fill("absent"));
  expect(directory.recorded()).toEqual(hostnames(20));
  expect(directory.leased()).toEqual([]);
  expect(directory.due()).toHaveLength(10);
});

test("what is recorded is the decision about what was fetched", async () => {
  const [name] = hostnames(1);
  const directory = createDirectory(hostnames(1));
  await finish(crawlerOf({ store: directory.store }).runBatch({ signal: never }));
  expect(directory.records).toMatchObject([
    {
      hostname: name,
      token: "claim 1",
      decision: { span: { action: "open", kind: "absent" }, state: { lastProbedAt: Date.UTC(2026, 2, 1) + 10 } },
      delivery: { hops: [{ status: 404, address: "192.0.2.1" }] },
    },
  ]);
});

test("probes under way are bounded across batches", async () => {
  const directory = createDirectory(hostnames(60));
  let most = 0;
  const crawler = crawlerOf({
    store: directory.store,
    inFlight: 7,
    probe: async (name, validator, signal) => {
      most = Math.max(most, crawler.inFlight());
      return answerAfter(25)(name, validator, signal);
    },
  });
  const batches = [0, 1, 2].map(() => crawler.runBatch({ signal: never }));
  await vi.advanceTimersByTimeAsync(10);
  expect(crawler.inFlight()).toBe(7);
  await finish(Promise.all(batches));
  expect(most).toBe(7);
  expect(directory.recorded().toSorted()).toEqual(hostnames(60).toSorted());
});

test("a stop: what was fetched is recorded, everything else is handed back, nothing is lost or doubled", async () => {
  const directory = createDirectory(hostnames(20));
  const quick = new Set(hostnames(20).slice(0, 6));
  const stop = new AbortController();
  const crawler = crawlerOf({
    store: directory.store,
    inFlight: 12,
    probe: (name, validator, signal) => answerAfter(quick.has(name) ? 10 : 10_000)(name, validator, signal),
  });
  const batch = crawler.runBatch({ signal: stop.signal });
  await vi.advanceTimersByTimeAsync(20);
  stop.abort(new Error("stopped"));
  expect(await finish(batch)).toMatchObject({ claimed: 20, handedBack: 14, failed: 0, discarded: 0 });
  expect(new Set(directory.recorded())).toEqual(quick);
  expect(directory.leased()).toEqual([]);
  expect(directory.due()).toHaveLength(14);
  expect(await crawler.runBatch({ signal: stop.signal })).toMatchObject({ claimed: 0 });
});

test("a probe that throws, which is a bug, is logged with its id and does not sink the batch", async () => {
  const directory = createDirectory(hostnames(20));
  const [, , unlucky] = hostnames(3);
  const log = silentLog();
  const bug = new TypeError("undefined is not a function");
  const crawler = crawlerOf({
    store: directory.store,
    log,
    probe: async (name, validator, signal) => {
      if (name === unlucky) throw bug;
      return answerAfter(10)(name, validator, signal);
    },
  });
  expect(await finish(crawler.runBatch({ signal: never }))).toMatchObject({ claimed: 20, failed: 1 });
  expect(directory.recorded()).toHaveLength(19);
  expect(log.error.mock.calls).toEqual([[{ err: bug, hostnames: [unlucky] }, expect.any(String)]]);
  // No outcome, and due again by the end of its lease: at once, a sweep would spin on the bug.
  expect(directory.leased()).toEqual([unlucky]);
});

test("a lease is not overrun: what would be is cut short in time and handed back", async () => {
  const directory = createDirectory(hostnames(4));
  const crawler = crawlerOf({ store: directory.store, inFlight: 2, leaseMs: 20_000, probe: answerAfter(9_000) });
  const begun = Date.now();
  const summary = await finish(crawler.runBatch({ signal: never }));
  expect(summary).toMatchObject({ claimed: 4, handedBack: 2 });
  expect(Date.now() - begun).toBeLessThan(20_000);
  expect(directory.recorded()).toHaveLength(2);
  expect(directory.due()).toHaveLength(2);
});

test("a probe whose claim has passed to somebody else is discarded and not counted as probed", async () => {
  const directory = createDirectory(hostnames(3));
  const [lost] = hostnames(1);
  const crawler = crawlerOf({ store: directory.store });
  const batch = crawler.runBatch({ signal: never });
  await vi.advanceTimersByTimeAsync(5);
  if (lost !== undefined) directory.takeOver(lost);
  const summary = await finish(batch);
  expect(summary).toMatchObject({ claimed: 3, discarded: 1, failed: 0 });
  expect(summary.recorded.map((probe) => probe.hostname)).toEqual(hostnames(3).slice(1));
});

describe("an operator who asks to be left alone", () => {
  const inDns: FetchReport["end"] = { kind: "declined", reason: "opted-out", detail: "TXT" };
  const document = {
    contacts: [{ role: "m.role.admin", email_address: "admin@example.org" }],
    "io.switchboard.directory": { listed: false },
  };

  function reportOf(name: Hostname, way: "document" | "dns"): FetchReport {
    const report = notFound(name, clock());
    if (way === "dns") return { ...report, end: inDns };
    const body = new TextEncoder().encode(JSON.stringify(document));
    return report.end.kind === "response" ? { ...report, end: { ...report.end, status: 200, body } } : report;
  }

  test("is left alone by command: nothing of what was seen is recorded", async () => {
    const [one, other, plain] = hostnames(3);
    const directory = createDirectory(hostnames(3));
    const probe: Probe = async (name) =>
      name === plain ? notFound(name, clock()) : reportOf(name, name === one ? "document" : "dns");
    const onOptedOut = vi.fn();
    const summary = await finish(crawlerOf({ store: directory.store, probe }).runBatch({ signal: never, onOptedOut }));
    expect(summary).toMatchObject({ claimed: 3, optedOut: 2, discarded: 0, failed: 0 });
    expect(directory.optedOut.toSorted()).toEqual([`${one} by document`, `${other} by dns`]);
    expect(onOptedOut.mock.calls.flat().toSorted()).toEqual(["dns", "document"]);
    expect(directory.recorded()).toEqual([plain]);
  });

  test("is not heard by who lost the claim meanwhile", async () => {
    const directory = createDirectory(hostnames(1));
    const probe: Probe = async (name) => {
      directory.takeOver(name);
      return reportOf(name, "document");
    };
    const summary = await finish(crawlerOf({ store: directory.store, probe }).runBatch({ signal: never }));
    expect(summary).toMatchObject({ claimed: 1, optedOut: 0, discarded: 1 });
    expect(directory.optedOut).toEqual([]);
  });

  test("is counted by a sweep, apart from what was probed", async () => {
    const directory = createDirectory(hostnames(45));
    const crawler = crawlerOf({ store: directory.store, probe: async (name) => reportOf(name, "dns") });
    const onProgress = vi.fn();
    const options = { store: directory.store, lanes: 2, signal: never, stopwatch, onProgress };
    expect(await finish(sweep({ crawler, ...options }))).toMatchObject({ probed: 0, optedOut: 45, changes: 0 });
    expect(onProgress).toHaveBeenCalledWith(expect.objectContaining({ optedOut: 45 }));
    expect(directory.due()).toEqual([]);
  });
});

test("a directory that goes away: one line in the log, and the batch still settles", async () => {
  const directory = createDirectory(hostnames(20));
  const log = silentLog();
  const gone = new Error("connection lost");
  const store: CrawlStore = { ...directory.store, recordProbes: () => Promise.reject(gone) };
  expect(await finish(crawlerOf({ store, log }).runBatch({ signal: never }))).toMatchObject({ failed: 20 });
  expect(log.error).toHaveBeenCalledTimes(1);
  await expect(
    crawlerOf({ store: { ...store, claimDue: () => Promise.reject(gone) } }).runBatch({ signal: never }),
  ).rejects.toBe(gone);
});

test("a sweep goes on until nothing is due, tells its progress and counts by outcome", async () => {
  const directory = createDirectory(hostnames(95));
  const [dead] = hostnames(1);
  const crawler = crawlerOf({
    store: directory.store,
    probe: async (name, validator, signal) => {
      const report = await answerAfter(10)(name, validator, signal);
      return name === dead ? { ...report, end: { kind: "failed", reason: "timeout", detail: "" } } : report;
    },
  });
  const progress: number[] = [];
  const summary = await finish(
    sweep({
      crawler,
      store: directory.store,
      lanes: 3,
      signal: never,
      stopwatch,
      onProgress: ({ probed }) => void progress.push(probed),
    }),
  );
  expect(summary).toEqual({
    probed: 95,
    outcomes: { document: 0, absent: 94, unusable: 0, unreachable: 1, refused: 0 },
    changes: 0,
    deferred: 0,
    optedOut: 0,
  });
  expect(progress).toEqual([...Array.from({ length: 95 }, (_, n) => n + 1), 95]);
  expect(directory.recorded().toSorted()).toEqual(hostnames(95).toSorted());
});

test("two sweeps at once share the work", async () => {
  const directory = createDirectory(hostnames(200));
  const options = { store: directory.store, lanes: 2, signal: never, stopwatch };
  const sweeps = [0, 1].map(() => sweep({ ...options, crawler: crawlerOf({ store: directory.store }) }));
  const summaries = await finish(Promise.all(sweeps));
  expect(summaries.map(({ probed }) => probed).reduce((sum, probed) => sum + probed)).toBe(200);
  expect(new Set(directory.recorded()).size).toBe(200);
});

test("a sweep of hostnames that cannot be finished ends instead of spinning", async () => {
  const directory = createDirectory(hostnames(5));
  const crawler = crawlerOf({ store: directory.store, leaseMs: 1_000, probe: answerAfter(10_000) });
  expect(await finish(sweep({ crawler, store: directory.store, lanes: 2, signal: never, stopwatch }))).toMatchObject({
    probed: 0,
  });
  expect(directory.due()).toHaveLength(5);
});

test("a stopped sweep tells what it did", async () => {
  const directory = createDirectory(hostnames(100));
  const stop = new AbortController();
  const crawler = crawlerOf({ store: directory.store, inFlight: 5 });
  const running = sweep({ crawler, store: directory.store, lanes: 2, signal: stop.signal, stopwatch });
  await vi.advanceTimersByTimeAsync(55);
  stop.abort(new Error("stopped"));
  const { probed } = await finish(running);
  expect(probed).toBeGreaterThan(0);
  expect(directory.recorded()).toHaveLength(probed);
  expect(directory.due()).toHaveLength(100 - probed);
});

test("a sweep whose directory fails rejects, and leaves no lane running behind", async () => {
  const directory = createDirectory(hostnames(100));
  let claims = 0;
  const gone = new Error("connection lost");
  const store: typeof directory.store = {
    ...directory.store,
    claimDue: (request) => (++claims === 2 ? Promise.reject(gone) : directory.store.claimDue(request)),
  };
  const crawler = crawlerOf({ store });
  await expect(finish(sweep({ crawler, store, lanes: 3, signal: never, stopwatch }))).rejects.toBe(gone);
  expect(directory.leased()).toEqual([]);
  const claimsThen = claims;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(claims).toBe(claimsThen);
});

/** A probe that is deferred the first time for each of `busy`, and answers 404 else. */
function deferOnce(busy: ReadonlySet<Hostname>, afterMs: number): Probe {
  const seen = new Set<Hostname>();
  return (name, validator, signal) => {
    if (!busy.has(name) || seen.has(name)) return answerAfter(10)(name, validator, signal);
    seen.add(name);
    return Promise.reject(new Deferred(afterMs));
  };
}

test("a deferred probe has no outcome: its hostname is handed back soon, to be claimed when its turn has come", async () => {
  const directory = createDirectory(hostnames(3));
  const [busy] = hostnames(1);
  const slow = answerAfter(5_000);
  const deferring = deferOnce(new Set(busy === undefined ? [] : [busy]), 30_000);
  const crawler = crawlerOf({
    store: directory.store,
    probe: (name, validator, signal) => (name === busy ? deferring : slow)(name, validator, signal),
  });
  const onDeferred = vi.fn();
  const batch = crawler.runBatch({ signal: never, onDeferred });
  await vi.advanceTimersByTimeAsync(200);
  expect(directory.records).toEqual([]);
  expect(onDeferred.mock.calls).toEqual([[30_000]]);
  await vi.advanceTimersByTimeAsync(29_800);
  expect(directory.due()).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(directory.due()).toEqual([busy]);
  expect(await finish(batch)).toMatchObject({ claimed: 3, deferred: 1, handedBack: 0, failed: 0 });
  expect(directory.recorded()).toEqual(hostnames(3).slice(1));
});

test("a sweep does not end while what it deferred is still to come, and says how many wait", async () => {
  const directory = createDirectory(hostnames(60));
  const busy = new Set(hostnames(25));
  const crawler = crawlerOf({ store: directory.store, probe: deferOnce(busy, 60_000) });
  const waiting: number[] = [];
  const running = sweep({
    crawler,
    store: directory.store,
    lanes: 3,
    signal: never,
    stopwatch,
    onProgress: (soFar) => void waiting.push(soFar.waiting),
  });
  expect(await finish(running)).toMatchObject({ probed: 60, deferred: 25 });
  expect(waiting).toContain(25);
  expect(waiting.at(-1)).toBe(0);
  expect(new Set(directory.recorded()).size).toBe(60);
});

test("a sweep that waits for what it deferred stops at once when told to", async () => {
  const directory = createDirectory(hostnames(5));
  const crawler = crawlerOf({ store: directory.store, probe: deferOnce(new Set(hostnames(5)), 600_000) });
  const stop = new AbortController();
  const running = sweep({ crawler, store: directory.store, lanes: 1, signal: stop.signal, stopwatch });
  await vi.advanceTimersByTimeAsync(10_000);
  stop.abort(new Error("stopped"));
  await vi.advanceTimersByTimeAsync(0);
  expect(await running).toMatchObject({ probed: 0, deferred: 5 });
});
