import { expect, test } from "vitest";
import { allChanges, recordedOutcomes, trueOutcomes } from "./directory.ts";
import { countProbed, promptServers, startCrawl } from "./simulated-crawl.ts";
import { metricsUrlOf, TEST_MS } from "./worker-process.ts";

/** Servers that answer, every one of them in the same way each time. */
const answeringServers = (count: number) =>
  promptServers(count).map((server, n) => ({
    ...server,
    behaviour:
      n % 2 === 0
        ? ({ family: "document", document: "admin-both", delivery: "plain" } as const)
        : ({ family: "absent", how: "not-found" } as const),
  }));

/** So long that a machine with much better to do still lets every server answer that can. */
const ENV = { SWITCHBOARD_IN_FLIGHT: "8", SWITCHBOARD_PROBE_DEADLINE_MS: "12000", SWITCHBOARD_METRICS_PORT: "0" };

async function readOutage(log: string): Promise<number> {
  const scraped = await (await fetch(metricsUrlOf(log))).text();
  return Number(/^switchboard_own_outage (\d)$/m.exec(scraped)?.[1]);
}

const isTold = (log: string) => log.includes("this looks like an outage of our own");

test.concurrent("DNS gone in the middle of a sweep: nobody is said to be unreachable, and everything is done when it is back", {
  timeout: TEST_MS,
}, async ({ onTestFinished }) => {
  const crawl = await startCrawl(null, answeringServers(200), { cleanUp: onTestFinished });
  const { store, federation, names, startWorker, expectWholeTruth } = crawl;
  const worker = startWorker(ENV);
  await worker.untilProbed(names.length);
  await expectWholeTruth();
  const before = await allChanges(store);

  const dueAgain = Date.now();
  await store.makeDue("all");
  await worker.until(async () => (await store.countDue()) < 150);
  federation.setDnsAnswering(false);
  await worker.until(async () => isTold(worker.log()));
  expect(await readOutage(worker.log())).toBe(1);
  expect(await recordedOutcomes(store, names)).toEqual(trueOutcomes(names));

  federation.setDnsAnswering(true);
  await worker.until(async () => (await crawl.countRecorded()) === names.length);
  expect(await readOutage(worker.log())).toBe(0);
  expect(await recordedOutcomes(store, names)).toEqual(trueOutcomes(names));
  expect(await allChanges(store)).toEqual(before);
  expect((await store.readStats()).outcomes.unreachable).toBe(0);
  await expectWholeTruth(dueAgain);
  expect((await worker.end("SIGTERM")).code).toBe(0);
});

test.concurrent("a first start without DNS records nothing, stops at once when told to, and begins when it is there", {
  timeout: TEST_MS,
}, async ({ onTestFinished }) => {
  const { store, federation, names, startWorker, expectWholeTruth } = await startCrawl(null, answeringServers(120), {
    cleanUp: onTestFinished,
  });
  federation.setDnsAnswering(false);
  onTestFinished(() => federation.setDnsAnswering(true));
  const env = { ...ENV, SWITCHBOARD_IN_FLIGHT: "60" };
  const worker = startWorker(env);
  await worker.until(async () => isTold(worker.log()));
  expect(await countProbed(store)).toBe(0);
  const { code, tookMs } = await worker.end("SIGTERM");
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(10_000);

  const second = startWorker(env);
  await second.until(async () => isTold(second.log()));
  federation.setDnsAnswering(true);
  await second.untilProbed(names.length);
  await expectWholeTruth();
});
