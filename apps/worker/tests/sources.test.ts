import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@switchboard/store";
import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openDirectory } from "./directory.ts";
import { startWorkerProcess, TEST_MS, type WorkerProcess } from "./worker-process.ts";

const PAGES = 4;
const TOKEN = "an-admin-token";

let folder: string;
let directory: Awaited<ReturnType<typeof openDirectory>>;
let store: Store;
let asked: string[];
let refuseFrom: string | null;
/** Whoever asks for this page waits for an answer that does not come. */
let holdFrom: string | null;
const workers: WorkerProcess[] = [];

/** A Synapse with four pages of destinations. */
const synapse = createServer((request, response) => {
  const url = new URL(request.url ?? "", "http://localhost");
  const from = url.searchParams.get("from") ?? "0";
  if (request.headers.authorization !== `Bearer ${TOKEN}` || from === refuseFrom) {
    return void response.writeHead(403).end('{"errcode": "M_FORBIDDEN", "error": "You are not a server admin"}');
  }
  asked.push(from);
  if (from === holdFrom) return;
  const next = Number(from) + 1;
  const destinations = [{ destination: `s${from}.test` }, { destination: `s${from}.local` }];
  response.end(JSON.stringify({ destinations, ...(next < PAGES ? { next_token: String(next) } : {}) }));
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-sources-"));
  synapse.listen(0, "127.0.0.1");
  await once(synapse, "listening");
  const address = synapse.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, `${TOKEN}\n`);
  const source = { kind: "destinations", name: "ours", url: `http://127.0.0.1:${address.port}`, tokenFile };
  await writeFile(join(folder, "sources.json"), JSON.stringify({ sources: [source] }));
});
afterAll(async () => {
  synapse.closeAllConnections();
  synapse.close();
  await rm(folder, { recursive: true });
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.end("SIGKILL")));
  await directory.close();
});

async function begin(): Promise<void> {
  directory = await openDirectory();
  store = directory.store;
  asked = [];
  refuseFrom = null;
  holdFrom = null;
}

function start(sourcesFile = join(folder, "sources.json")): WorkerProcess {
  const worker = startWorkerProcess({
    DATABASE_URL: directory.databaseUrl,
    SWITCHBOARD_SOURCES_FILE: sourcesFile,
    // Nothing that is found is to be probed.
    SWITCHBOARD_DNS_SERVERS: "127.0.0.1:9",
  });
  workers.push(worker);
  return worker;
}

const lastRun = async () => (await store.listSourceRuns()).find(({ source }) => source === "ours");

test(
  "of two workers one reads a source, once, and says what came of it",
  async () => {
    await begin();
    const [one, other] = [start(), start()];
    await one.until(async () => (await lastRun())?.finishedAt != null);
    expect(asked).toEqual(["0", "1", "2", "3"]);
    const run = await lastRun();
    expect(run).toMatchObject({
      error: null,
      isRunning: false,
      summary: { pages: 4, heard: 8, added: 4, setAside: { "candidate-reserved": 4 } },
    });
    expect((run?.dueAt ?? 0) - (run?.finishedAt ?? 0)).toBeGreaterThan(23 * 3_600_000);
    expect(`${one.log()}${other.log()}`).not.toContain(TOKEN);
  },
  TEST_MS,
);

test(
  "a worker that is stopped leaves the rest to the next, which goes on from there",
  async () => {
    await begin();
    holdFrom = "2";
    const first = start();
    await first.until(async () => asked.includes("2"));
    expect((await first.end("SIGTERM")).code).toBe(0);
    expect(await lastRun()).toMatchObject({ isRunning: false, summary: { pages: 2 } });
    holdFrom = null;
    const second = start();
    await second.until(async () => (await lastRun())?.error === null && asked.includes("3"));
    await second.until(async () => (await lastRun())?.isRunning === false);
    // The page under way when it was stopped is read again; nothing before it is.
    expect(asked).toEqual(["0", "1", "2", "2", "3"]);
    expect(await store.readStats()).toMatchObject({ names: PAGES });
  },
  TEST_MS,
);

test(
  "a worker that is killed leaves the rest to the next, once its lease is over",
  async () => {
    await begin();
    holdFrom = "2";
    const first = start();
    await first.until(async () => asked.includes("2"));
    await first.end("SIGKILL");
    holdFrom = null;
    expect(await lastRun()).toMatchObject({ isRunning: true, finishedAt: null });
    const client = new Client({ connectionString: directory.databaseUrl });
    await client.connect();
    await client.query("update source_runs set lease_until = now() - interval '1 second'");
    await client.end();
    const second = start();
    await second.until(async () => (await lastRun())?.finishedAt != null);
    expect(asked).toEqual(["0", "1", "2", "2", "3"]);
    expect(await store.readStats()).toMatchObject({ names: PAGES });
  },
  TEST_MS,
);

test(
  "a page that fails keeps what was heard, and is tried again in an hour",
  async () => {
    await begin();
    refuseFrom = "2";
    const worker = start();
    await worker.until(async () => (await lastRun())?.finishedAt != null);
    const run = await lastRun();
    expect(run?.error).toMatch(/answered 403: M_FORBIDDEN You are not a server admin\. Put the access token/);
    expect(run?.error).not.toContain(TOKEN);
    expect((run?.dueAt ?? 0) - (run?.finishedAt ?? 0)).toBe(3_600_000);
    expect(await store.readStats()).toMatchObject({ names: 2 });
  },
  TEST_MS,
);

test(
  "a file of sources that cannot be used stops the start, with every problem",
  async () => {
    await begin();
    const file = join(folder, "bad.json");
    await writeFile(file, '{"sources": [{"kind": "rooms"}, {"kind": "export", "url": "x"}]}');
    const worker = start(file);
    expect((await worker.end()).code).toBe(1);
    expect(worker.log()).toContain("sources[0] needs either server or url");
    expect(worker.log()).toContain("sources[1].url must be a URL");
  },
  TEST_MS,
);
