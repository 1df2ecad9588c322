import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startFaultyCrawl } from "./faulty-crawl.ts";
import { judgeHistory, type LAWS, type LawName } from "./history-oracle.ts";
import { withClient } from "./history-rows.ts";

const closers: (() => Promise<void>)[] = [];
let crawl: Awaited<ReturnType<typeof startFaultyCrawl>>;

const TABLES = [
  "servers",
  "schedule",
  "leases",
  "server_names",
  "name_sources",
  "deliveries",
  "revisions",
  "past_spans",
  "changes",
  "contacts",
  "name_roles",
  "tallies",
];

const run = (...statements: readonly string[]) =>
  withClient(crawl.databaseUrl, async (client) => {
    for (const statement of statements) await client.query(statement);
  });

beforeAll(async () => {
  crawl = await startFaultyCrawl({ servers: 24, cleanUp: (close) => void closers.unshift(close) });
  await crawl.sweep();
  await run("create schema saved", ...TABLES.map((table) => `create table saved.${table} as table ${table}`));
});
beforeEach(() =>
  run(
    `truncate ${TABLES.join(", ")} cascade`,
    ...TABLES.map((table) => `insert into ${table} select * from saved.${table}`),
  ),
);
afterAll(async () => {
  for (const close of closers) await close();
});

test("an honest history breaks no law", async () => {
  const history = await crawl.readHistory();
  expect(judgeHistory(history, crawl.visits)).toEqual({});
  // The laws have something to be about.
  expect(new Set(history.spans.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(3);
  expect(new Set(history.changes.map(({ detail }) => detail.kind)).size).toBeGreaterThanOrEqual(4);
});

const ONE_DOCUMENT = `(
  select min(server_id) from schedule where condition = 'document' and span = 1)`;

test.each<[law: LawName, how: string, falsify: string]>([
  [
    "every due name was probed, and no name twice",
    "a probe too many",
    "update schedule set span_count = span_count + 1 where span = 1",
  ],
  [
    "every due name was probed, and no name twice",
    "a name forgotten",
    `update schedule set due_at = now() - interval '1 hour' where server_id = ${ONE_DOCUMENT}`,
  ],
  ["every due name was probed, and no name twice", "a name gone", `delete from servers where id = ${ONE_DOCUMENT}`],
  [
    "every probe is dated in its window",
    "a probe before its time",
    "update past_spans set first_at = first_at - interval '1 hour' where n = 1",
  ],
  [
    "every probe is dated in its window",
    "a probe in the future",
    "update schedule set last_probed_at = last_probed_at + interval '1 hour' where span = 2",
  ],
  [
    "every name comes due again as the policy says",
    "a name for ever",
    `update schedule set due_at = due_at + interval '1 year' where server_id = ${ONE_DOCUMENT}`,
  ],
  [
    "every name comes due again as the policy says",
    "a name that is asked all the time",
    `update schedule set due_at = now() + interval '1 minute' where server_id = ${ONE_DOCUMENT}`,
  ],
  [
    "spans tell the truth",
    "an outage that never was",
    `update schedule set condition = 'unreachable', span_revision = null, span_reasons = '{"timeout": 2}'
      where server_id = ${ONE_DOCUMENT}`,
  ],
  [
    "spans tell the truth",
    "another reason",
    `update schedule set span_reasons = '{"dns-timeout": 1}'
      where condition = 'unreachable' and span_count = 1`,
  ],
  [
    "spans are contiguous",
    "time going backwards",
    "update schedule set condition_since = condition_since - interval '1 day' where span = 2",
  ],
  ["spans are contiguous", "a span that ends early", "update past_spans set last_at = first_at - interval '1 s'"],
  ["spans are contiguous", "a number left out", "update schedule set span = 3 where span = 2"],
  [
    "spans are contiguous",
    "one run cut in two",
    `with cut as (update schedule set span = 2 where server_id = ${ONE_DOCUMENT} returning server_id)
      insert into past_spans select server_id, n, kind, revision, first_at, first_at, 1, reasons
      from spans join cut using (server_id)`,
  ],
  [
    "servers are listed as they are",
    "another verdict",
    "update schedule set verdict = 'unusable' where verdict = 'valid'",
  ],
  ["spans tell the truth", "another condition", "update schedule set condition = 'refused'"],
  [
    "servers say what their last span says",
    "a document gone",
    "update schedule set revision = null, published_since = null, verdict = null, rules_version = null",
  ],
  [
    "spans are contiguous",
    "a clock gone astray",
    "update schedule set last_probed_at = last_probed_at - interval '1 day'",
  ],
  [
    "no revision was lost",
    "a revision gone",
    "delete from revisions where n = 1 and server_id in (select server_id from schedule where revision = 2)",
  ],
  [
    "no revision was lost",
    "a revision nobody saw",
    `insert into revisions select server_id, 9, 'f', raw, document, verdict, findings, rules_version, first_seen_at
      from revisions where server_id = ${ONE_DOCUMENT}`,
  ],
  [
    "changes are those between the spans, each once",
    "a change twice",
    "insert into changes (server_id, at, kind, detail) select server_id, at, kind, detail from changes where seq = 1",
  ],
  ["changes are those between the spans, each once", "a change lost", "delete from changes where seq = 2"],
  [
    "changes are those between the spans, each once",
    "another time",
    "update changes set at = at + interval '1 s' where seq = 1",
  ],
  [
    "no lease is left behind",
    "a claim nobody works on",
    `insert into leases values (gen_random_uuid(), now(), array[${ONE_DOCUMENT}])`,
  ],
  ["projections equal a rebuild", "a tally off by one", "update tallies set count = count + 1 where key = 'published'"],
  [
    "projections equal a rebuild",
    "a contact gone",
    "delete from contacts where server_id = (select min(server_id) from contacts)",
  ],
  ["projections equal a rebuild", "a role left over", `update name_roles set role = role || '.dpo'`],
])("%s: broken by %s", async (law, _how, falsify) => {
  await run(falsify);
  expect(Object.keys(judgeHistory(await crawl.readHistory(), crawl.visits))).toContain(law);
});

test("the feed is every change, in order: broken by a change skipped, or told out of turn", async () => {
  const history = await crawl.readHistory();
  for (const feed of [history.feed.slice(1), history.feed.toReversed()]) {
    expect(Object.keys(judgeHistory({ ...history, feed }, crawl.visits))).toEqual([
      "the feed is every change, in order",
    ]);
  }
});

test("an answer is called wrong where the federation was another", async () => {
  const history = await crawl.readHistory();
  expect(Object.keys(judgeHistory(history, crawl.visits.slice(1)))).toContain("spans tell the truth");
  expect(Object.keys(judgeHistory(history, [...crawl.visits.slice(0, 1), ...crawl.visits]))).toContain(
    "every due name was probed, and no name twice" satisfies keyof typeof LAWS,
  );
});
