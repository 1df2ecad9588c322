import { fileURLToPath } from "node:url";
import { createCrawler, createPlaces, planBatches } from "@switchboard/crawl";
import { REVISIT_POLICY, toInstant } from "@switchboard/domain";
import { createProber } from "@switchboard/probe";
import { createLogger } from "@switchboard/runtime";
import type { Behaviour } from "@switchboard/simulator";
import { expect } from "vitest";
import { FAULT_REACHED, FAULT_VARIABLE, type Fault } from "./fault.ts";
import { type Dating, judgeHistory, type Visit } from "./history-oracle.ts";
import { readHistory } from "./history-rows.ts";
import { type CleanUp, promptServers, startCrawl } from "./simulated-crawl.ts";
import type { WorkerProcess } from "./worker-process.ts";

const FAULTY_WORKER = fileURLToPath(new URL("./faulty-worker-main.ts", import.meta.url));
const DEADLINE_MS = 15_000;
const IN_FLIGHT = 4;

/** How the workers here cut and lend, where they are not told another deadline. */
export const WORKER_PLAN = planBatches({ inFlight: IN_FLIGHT, deadlineMs: DEADLINE_MS });

/** Gentle enough that a starved machine, on which the federation runs too, still answers each probe in time. */
const WORKER_VARIABLES = {
  SWITCHBOARD_IN_FLIGHT: String(IN_FLIGHT),
  SWITCHBOARD_PROBE_DEADLINE_MS: String(DEADLINE_MS),
  SWITCHBOARD_CONNECT_TIMEOUT_MS: String(DEADLINE_MS / 2),
  SWITCHBOARD_LOG_LEVEL: "debug",
};

/**
 * A directory that knows a federation from a first sweep; since then the federation has changed, and all of it is due
 * again. What breaks now breaks a history that exists.
 */
export async function startFaultyCrawl({
  servers,
  cleanUp,
  redisUrl = null,
  databaseUrl = null,
}: {
  readonly servers: number;
  readonly cleanUp: CleanUp;
  readonly redisUrl?: string | null;
  readonly databaseUrl?: string | null;
}) {
  const crawl = await startCrawl(redisUrl, promptServers(servers), { cleanUp, databaseUrl });
  const { store, federation } = crawl;
  const visits: Visit[] = [{ servers: federation.names(), since: Date.now() }];

  /** Everything is due from now on, once more. */
  async function makeAllDue(): Promise<void> {
    visits.push({ servers: federation.names(), since: Date.now() });
    await store.makeDue("all");
  }

  /** Everything answers with other news than before: documents appear and change, servers break. */
  async function changeFederation(): Promise<void> {
    for (const [place, { serverName, behaviour }] of federation.names().entries()) {
      federation.setBehaviour(serverName, changed(behaviour, place));
    }
    await makeAllDue();
  }

  /** `dating`: by how much probes may be dated off, where a worker's clock was wrong. */
  async function judge(dating?: Dating) {
    return judgeHistory(await readHistory(crawl), visits, dating);
  }

  await sweepHere(crawl);
  await changeFederation();
  return {
    ...crawl,
    servers,
    makeAllDue,
    changeFederation,
    startWorker: (env: Record<string, string> = {}) => crawl.startWorker({ ...WORKER_VARIABLES, ...env }),
    startFaultyWorker: (fault: Fault) =>
      crawl.startWorker({ ...WORKER_VARIABLES, [FAULT_VARIABLE]: JSON.stringify(fault) }, FAULTY_WORKER),
    untilFault: (worker: WorkerProcess) => worker.until(async () => worker.log().includes(FAULT_REACHED)),
    /** Waits until a worker has killed itself; a worker that ended for another reason is a failure. */
    async untilKilled(worker: WorkerProcess) {
      await worker.end();
      expect(worker.log()).toContain(FAULT_REACHED);
    },
    /** Waits until so many of those that were due are recorded; all where no number is given. */
    untilRecorded: (worker: WorkerProcess, count = servers) =>
      worker.until(async () => (await crawl.countRecorded()) >= count),
    /** The federation is another than when all was last made due, for what was not asked yet. */
    amendVisit(): void {
      const { since } = visits.pop() ?? { since: Date.now() };
      visits.push({ servers: federation.names(), since });
    },
    /** Probes what is due in this very process. */
    sweep: () => sweepHere(crawl),
    readHistory: () => readHistory(crawl),
    visits,
    judgeHistory: judge,
    async expectHonestHistory(dating?: Dating) {
      expect(await judge(dating)).toEqual({});
    },
  };
}

function changed(behaviour: Behaviour, place: number): Behaviour {
  switch (place % 6) {
    case 0:
      return behaviour.family === "document" && behaviour.document === "admin-mail"
        ? { family: "document", document: "admin-and-security", delivery: "plain" }
        : { family: "document", document: "admin-mail", delivery: "plain" };
    case 1:
      return { family: "absent", how: "not-found" };
    case 2:
      return { family: "status", status: 503, retryAfterSeconds: null };
    default:
      return behaviour;
  }
}

/** A sweep in this very process, in one batch. */
async function sweepHere({ store, federation }: Awaited<ReturnType<typeof startCrawl>>): Promise<void> {
  const clock = () => toInstant(Date.now());
  const prober = createProber({
    dnsServers: [federation.dnsServer],
    wellKnownPort: federation.wellKnownPort,
    allowNetworks: federation.allowNetworks,
    extraCa: federation.caPem,
    deadlineMs: DEADLINE_MS,
    connectTimeoutMs: DEADLINE_MS / 2,
    userAgent: "Switchboard/test (+https://switchboard.example.org)",
    clock,
    acquireAddress: async () => () => undefined,
    hasOptedOut: store.isOptedOut,
  });
  const log = createLogger({ name: "test", level: "warn", destination: "stderr" });
  const crawler = createCrawler({
    store,
    probe: prober.probe,
    policy: REVISIT_POLICY,
    places: createPlaces(IN_FLIGHT),
    batchSize: 500,
    leaseMs: 60_000,
    clock,
    random: Math.random,
    log,
  });
  try {
    await crawler.runBatch({ signal: new AbortController().signal });
  } finally {
    await prober.close();
  }
}
