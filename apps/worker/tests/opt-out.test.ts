import { serverKeyOf } from "@switchboard/domain";
import { OPT_OUT_BEHAVIOURS, type ServerDescription } from "@switchboard/simulator";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { serverName } from "./directory.ts";
import { startCrawl } from "./simulated-crawl.ts";
import { TEST_MS } from "./worker-process.ts";

const AFTER_ANY_LEASE_MS = 600_000;

const keyOf = (name: string) => serverKeyOf(serverName(name));

/** Servers that publish contacts: one for each way to opt out, and one that stays. */
const LEAVING = OPT_OUT_BEHAVIOURS.map((behaviour) => ({ serverName: `${behaviour.how}.fed.test`, behaviour }));
const STAYING = "staying.fed.test";
const SERVERS: readonly ServerDescription[] = [...LEAVING.map(({ serverName }) => serverName), STAYING].map((name) => ({
  serverName: name,
  behaviour: { family: "document", document: "admin-and-security", delivery: "plain" },
}));

/** In how many rows of any table a text stands. */
async function countRowsWith(databaseUrl: string, text: string): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'",
    );
    let count = 0;
    for (const { name } of tables.rows) {
      // Bytes are shown in hexadecimal: looked for in both spellings.
      const found = await client.query<{ count: number }>(
        `select count(*)::int as count from ${name} as every where every::text like any($1)`,
        [[`%${text}%`, `%${Buffer.from(text).toString("hex")}%`]],
      );
      count += found.rows[0]?.count ?? 0;
    }
    return count;
  } finally {
    await client.end();
  }
}

test("operators who ask for it are forgotten by the next probe, and never asked again", {
  timeout: TEST_MS,
}, async () => {
  const { store, federation, databaseUrl, startWorker } = await startCrawl(null, SERVERS, { cleanUp: onTestFinished });
  const worker = startWorker({});
  await worker.untilProbed(SERVERS.length);
  const before = await store.findListing(keyOf("document-key.fed.test"));
  const address = before?.published?.document.contacts[0]?.email_address ?? "";
  expect(address).toContain("@");
  expect(await countRowsWith(databaseUrl, `"${address}"`)).toBeGreaterThan(0);

  for (const { serverName: name, behaviour } of LEAVING) federation.setBehaviour(name, behaviour);
  await store.makeDue("all");
  const countOut = async () => (await store.readStats()).optedOut;
  await worker.until(async () => (await countOut()) === LEAVING.length);

  for (const { serverName: name, behaviour } of LEAVING) {
    const key = keyOf(name);
    const listing = await store.findListing(key);
    expect(listing).toMatchObject({
      optedOut: true,
      published: null,
      condition: "unprobed",
      dueAt: null,
      delivery: null,
    });
    expect(await store.listRevisions(key, { limit: 10 })).toMatchObject({ value: { items: [] } });
    expect(await store.listSpans(key, { limit: 10 })).toMatchObject({ value: { items: [] } });
    const changes = await store.listChanges({ order: "oldest", limit: 10, serverName: key });
    expect(changes).toMatchObject({ value: { items: [{ kind: "document-published", change: null }] } });
    const isDns = behaviour.how.startsWith("dns");
    expect(federation.requestCount(name)).toMatchObject({ requests: isDns ? 1 : 2, connections: isDns ? 1 : 2 });
  }
  // Neither what was published before nor the document that came with the wish is anywhere.
  expect(await countRowsWith(databaseUrl, `"${address}"`)).toBe(0);
  expect(await countRowsWith(databaseUrl, "io.switchboard.directory")).toBe(0);
  expect(await store.findListing(keyOf(STAYING))).toMatchObject({ optedOut: false, condition: "document" });

  const asked = LEAVING.map(({ serverName: name }) => federation.requestCount(name));
  const names = SERVERS.map(({ serverName: name }) => serverName(name));
  expect(await store.addCandidates({ names, source: "another list", due: "now" })).toMatchObject({
    added: 0,
    known: 1,
  });
  // Who stayed may still wait to be recorded, and is due already: made due now, it would come due no sooner.
  await worker.until(async () => ((await store.nextDueAt()) ?? 0) > Date.now() + AFTER_ANY_LEASE_MS);
  await store.makeDue("all");
  await worker.until(async () => federation.requestCount(STAYING).requests === 3);
  expect(LEAVING.map(({ serverName: name }) => federation.requestCount(name))).toEqual(asked);
});

test("who is opted in is asked again, and heard again where the answer is still no", { timeout: TEST_MS }, async () => {
  const [name = "", other = ""] = ["document-key.fed.test", "dns-record.fed.test"];
  const servers = LEAVING.filter(({ serverName: each }) => each === name || each === other);
  const { store, federation, startWorker } = await startCrawl(null, servers);
  const worker = startWorker({});
  const untilOut = (count: number) => worker.until(async () => (await store.readStats()).optedOut === count);
  await untilOut(2);
  expect(await store.optIn(keyOf(name))).toMatchObject({ kind: "opted-in", way: "document" });
  await worker.until(async () => federation.requestCount(name).requests === 2);
  await untilOut(2);

  federation.setBehaviour(name, { family: "document", document: "admin-both", delivery: "plain" });
  expect(await store.optIn(keyOf(name))).toMatchObject({ kind: "opted-in" });
  await worker.until(async () => (await store.findListing(keyOf(name)))?.condition === "document");
  expect(await store.optIn(keyOf(other))).toMatchObject({ kind: "opted-in", way: "dns" });
  await untilOut(1);
  await worker.until(async () => (await store.isOptedOut(keyOf(other))) === true);
  expect(federation.requestCount(other)).toMatchObject({ connections: 0, requests: 0 });
});

test("nobody is led to a host whose operator opted out, neither by a redirect nor by a delegation", {
  timeout: 120_000,
}, async () => {
  const [redirecting, delegating] = ["redirecting.fed.test", "delegating.fed.test"];
  const { store, startWorker } = await startCrawl(null, [
    { serverName: redirecting, behaviour: { family: "redirect", how: "other-host" }, federation: "default-port" },
    {
      serverName: delegating,
      behaviour: { family: "document", document: "admin-both", delivery: "plain" },
      federation: "delegated-with-port",
    },
  ]);
  await store.optOut(keyOf(`static.${redirecting}`));
  await store.optOut(keyOf(`matrix.${delegating}`));
  const worker = startWorker({ SWITCHBOARD_DISCOVERY_IN_FLIGHT: "5" });
  const listings = () => Promise.all([redirecting, delegating].map((name) => store.findListing(keyOf(name))));
  await worker.until(async () => (await listings()).every((listing) => listing?.discovery?.lastTriedAt != null));
  expect(await listings()).toMatchObject([
    { condition: "refused", conditionReason: "redirect-to-opted-out", optedOut: false },
    { condition: "document", optedOut: false, discovery: { software: null, failure: "opted-out" } },
  ]);
});
