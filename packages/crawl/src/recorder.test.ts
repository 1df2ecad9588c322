import { type Hostname, initialState, parseHostname, toInstant } from "@switchboard/domain";
import { expect, test } from "vitest";
import type { ProbeRecord } from "./crawl-store.ts";
import { createRecorder } from "./recorder.ts";

function hostname(text: string): Hostname {
  const parsed = parseHostname(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** A record of an absence, or of a document of so many bytes. */
function recordOf(name: string, documentBytes = 0): ProbeRecord {
  const at = toInstant(1_700_000_000_000);
  return {
    hostname: hostname(name),
    token: `token of ${name}`,
    decision: {
      state: initialState(hostname(name)),
      span: { action: "open", kind: "absent", fingerprint: null, reason: null },
      revision: documentBytes === 0 ? null : revisionOf(documentBytes),
      changes: [],
      contentChanged: false,
      dueAt: at,
    },
    delivery: { hops: [], tls: null, timing: { totalMs: 1, dnsMs: null, connectMs: null, firstByteMs: null } },
    fetchedAt: at,
  };
}

function revisionOf(bytes: number): ProbeRecord["decision"]["revision"] {
  const document = { contacts: [], support_page: "https://example.org/", policies: [] };
  return {
    fingerprint: "0".repeat(64),
    raw: new Uint8Array(bytes),
    document,
    verdict: "valid",
    findings: [],
    rulesVersion: 1,
  };
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `server${n}.example.org`);

/** A directory that keeps what it was asked to write, and refuses a batch that holds a name in `poisonous`. */
function ledger(poisonous: readonly string[] = []) {
  const batches: string[][] = [];
  const written: string[] = [];
  return {
    batches,
    written,
    async recordProbes(records: readonly ProbeRecord[]) {
      const asked = records.map((record) => String(record.hostname));
      batches.push(asked);
      if (asked.some((name) => poisonous.includes(name))) throw new Error("refused");
      written.push(...asked);
      return { discardedHostnames: [] };
    },
  };
}

test("records are written together, in batches of the given size, the last after the given wait", async () => {
  const store = ledger();
  const recorder = createRecorder({ store, maxRecords: 4, maxBytes: 1_000, maxDelayMs: 20 });
  await Promise.all(names(10).map((name) => recorder.record(recordOf(name))));
  expect(store.batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
  expect(store.written).toEqual(names(10));
});

test("documents are written in batches of no more than the given size, one that is larger by itself", async () => {
  const store = ledger();
  const recorder = createRecorder({ store, maxRecords: 100, maxBytes: 1_000, maxDelayMs: 60_000 });
  const sizes = [400, 0, 400, 400, 0, 2_000, 600, 400, 1_000];
  await Promise.all(names(9).map((name, n) => recorder.record(recordOf(name, sizes[n]))));
  expect(store.batches.map((batch) => batch.length)).toEqual([3, 2, 1, 2, 1]);
  expect(store.written).toEqual(names(9));
});

test("one batch is written at a time", async () => {
  let writing = 0;
  let most = 0;
  const store = {
    async recordProbes() {
      writing += 1;
      most = Math.max(most, writing);
      await new Promise((resolve) => setTimeout(resolve, 5));
      writing -= 1;
      return { discardedHostnames: [] };
    },
  };
  const recorder = createRecorder({ store, maxRecords: 3, maxBytes: 1_000, maxDelayMs: 1 });
  await Promise.all(names(20).map((name) => recorder.record(recordOf(name))));
  expect(most).toBe(1);
});

test("who was discarded is told so, and only who was", async () => {
  const store = { recordProbes: async () => ({ discardedHostnames: [hostname("server1.example.org")] }) };
  const recorder = createRecorder({ store, maxRecords: 3, maxBytes: 1_000, maxDelayMs: 1 });
  const ends = await Promise.all(names(3).map((name) => recorder.record(recordOf(name))));
  expect(ends).toEqual(["recorded", "discarded", "recorded"]);
});

test("a record that cannot be written does not take its neighbours with it", async () => {
  const store = ledger(["server3.example.org"]);
  const recorder = createRecorder({ store, maxRecords: 10, maxBytes: 1_000, maxDelayMs: 1 });
  const ends = await Promise.allSettled(names(10).map((name) => recorder.record(recordOf(name))));
  expect(ends.map(({ status }) => status)).toEqual(names(10).map((_, n) => (n === 3 ? "rejected" : "fulfilled")));
  expect(store.written).toEqual(names(10).filter((name) => name !== "server3.example.org"));
});

test("a directory that is gone is not asked again for every record, and is asked again for later ones", async () => {
  let gone = true;
  let asked = 0;
  const store = {
    async recordProbes() {
      asked += 1;
      if (gone) throw new Error("connection lost");
      return { discardedHostnames: [] };
    },
  };
  const recorder = createRecorder({ store, maxRecords: 100, maxBytes: 1_000, maxDelayMs: 1 });
  const ends = await Promise.allSettled(names(100).map((name) => recorder.record(recordOf(name))));
  expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  expect(asked).toBe(4);
  gone = false;
  await expect(recorder.record(recordOf("server0.example.org"))).resolves.toBe("recorded");
});
