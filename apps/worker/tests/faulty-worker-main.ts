import { readFileSync, writeSync } from "node:fs";
import { createCrawler, createPlaces, planBatches } from "@switchboard/crawl";
import { REVISIT_POLICY, toInstant } from "@switchboard/domain";
import { createProber } from "@switchboard/probe";
import { createLogger, parseEnvironment, runUntilSignal } from "@switchboard/runtime";
import { createStore } from "@switchboard/store";
import { runWorker } from "../src/run-worker.ts";
import { createTicketQueue } from "../src/ticket-queue.ts";
import { FAULT_REACHED, FAULT_VARIABLE, type FaultPoint, parseFault } from "./fault.ts";

// The worker as `src/main.ts` composes it, but that one thing goes wrong. Whoever comes after a worker that was killed or
// frozen should not have to wait for its leases long.
const SHORT_LEASE_MS = 8_000;
const STDERR = 2;

const environment = parseEnvironment(process.env);
if (!environment.ok) throw new Error(environment.error.map(({ message }) => message).join("\n"));
const env = environment.value;
const { databaseUrl, extraCaFile } = env;
if (databaseUrl === null || extraCaFile === null) throw new Error("a faulty worker needs a database and a federation");
const fault = parseFault(process.env[FAULT_VARIABLE]);
const reached: Record<FaultPoint, number> = {
  "after-claim": 0,
  "after-fetch": 0,
  "before-commit": 0,
  "after-commit": 0,
};

function reach(point: FaultPoint): void {
  reached[point] += 1;
  if (fault.point !== point || reached[point] !== fault.at) return;
  // Written at once, not when the event loop comes to it: it may never.
  writeSync(STDERR, `${FAULT_REACHED}\n`);
  if (fault.kind === "signal") process.kill(process.pid, fault.signal);
  else setClock(fault.byMs);
}

/** As where a machine's clock is set: whoever asks for the time, in any library, is told another; timers count on. */
function setClock(byMs: number): void {
  const { now } = Date;
  Date.now = () => now() + byMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [target.now()] : given, as),
  });
}

const clock = () => toInstant(Date.now());

const log = createLogger({ name: "faulty-worker", level: env.logLevel, destination: "stdout" });
await runUntilSignal(log, async (signal) => {
  const store = createStore({
    connectionString: databaseUrl,
    poolSize: 4,
    applicationName: "switchboard-faulty-worker",
    onBadRow: (row) => log.error(row, "a row that does not parse was set aside"),
  });
  const prober = createProber({
    dnsServers: env.dnsServers,
    wellKnownPort: env.wellKnownPort,
    allowNetworks: env.allowNetworks,
    extraCa: readFileSync(extraCaFile, "utf8"),
    deadlineMs: env.probeDeadlineMs,
    connectTimeoutMs: env.connectTimeoutMs,
    userAgent: "Switchboard/test (+https://switchboard.example.org)",
    clock,
    acquireAddress: async () => () => undefined,
    hasOptedOut: store.isOptedOut,
  });
  const { batchSize, lanes, leaseMs } = planBatches({ inFlight: env.inFlight, deadlineMs: env.probeDeadlineMs });
  const crawler = createCrawler({
    store: {
      ...store,
      async claimDue(request) {
        const claims = await store.claimDue(request);
        if (claims.length > 0) reach("after-claim");
        return claims;
      },
      async recordProbes(records) {
        reach("before-commit");
        const recorded = await store.recordProbes(records);
        reach("after-commit");
        return recorded;
      },
    },
    async probe(hostname, validator, stop) {
      const report = await prober.probe(hostname, validator, stop);
      reach("after-fetch");
      return report;
    },
    policy: REVISIT_POLICY,
    places: createPlaces(env.inFlight),
    batchSize,
    leaseMs: fault.kind === "signal" ? SHORT_LEASE_MS : leaseMs,
    clock,
    random: Math.random,
    log,
  });
  const queue = createTicketQueue({ databaseUrl, redisUrl: env.redisUrl, name: "tickets", log });
  await runWorker({ store, crawler, queue, lanes, batchSize, tickMs: 250, stopMs: 8_000, log }, signal);
});
process.exit();
