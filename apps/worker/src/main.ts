import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import {
  createAddressLimiter,
  createCrawler,
  createPlaces,
  keepPace,
  planBatches,
  relint,
  shareBounds,
} from "@switchboard/crawl";
import { measureCanary, ok, REVISIT_POLICY, serverKeyOf, toCanaryName, toInstant } from "@switchboard/domain";
import { addBacklog, addCanary, createCrawlMetrics, createRegistry } from "@switchboard/metrics";
import { attachPostgres } from "@switchboard/postgres";
import { createProber } from "@switchboard/probe";
import {
  createLogger,
  type Environment,
  federationReachOf,
  type Logger,
  parseEnvironment,
  runUntilSignal,
  systemBusyShare,
  systemClock,
  systemStopwatch,
  userAgentOf,
} from "@switchboard/runtime";
import { readSourcesFile } from "@switchboard/sources";
import { createStore } from "@switchboard/store";
import manifest from "../package.json" with { type: "json" };
import { keepCanary } from "./keep-canary.ts";
import { measureCrawler, measureProbe } from "./measure-crawl.ts";
import { servePrivately } from "./private-server.ts";
import { createRedisBounds } from "./redis-bounds.ts";
import { runWorker } from "./run-worker.ts";
import { startDiscovery } from "./start-discovery.ts";
import { startSources } from "./start-sources.ts";
import { createTicketQueue } from "./ticket-queue.ts";

const TICK_MS = 250;
const POOL_SIZE = 8;
/** Ten seconds are promised from the signal to the exit: most for what is in flight, the rest for closing connections. */
const STOP_MS = 8_000;
const CLOSE_MS = 1_000;
/** Beyond its deadline a probe holds an address at most this long: for waiting its turn, and for closing. */
const HELD_ON_MS = 10_000;

const environment = parseEnvironment(process.env);
if (!environment.ok) {
  for (const { message } of environment.error) process.stderr.write(`${message}\n`);
  process.exit(2);
}
const log = createLogger({ name: "worker", level: environment.value.logLevel, destination: "stdout" });
await runUntilSignal(log, (signal) => startWorker(environment.value, log, signal));
// What is still open now (a store that went away, a socket that lingers) must not keep a stopped worker alive.
process.exit();

async function startWorker(env: Environment, log: Logger, signal: AbortSignal): Promise<void> {
  const databaseUrl = env.databaseUrl ?? (await attachPostgres({ dataDir: env.dataDir }))?.connectionString;
  if (databaseUrl === undefined) {
    throw new Error(`no database: set DATABASE_URL, or start the embedded one in ${env.dataDir} with switchboard up`);
  }
  const sources = env.sourcesFile === null ? ok([]) : await readSourcesFile(env.sourcesFile);
  if (!sources.ok) throw new Error(`the sources cannot be used: ${sources.error.join("; ")}`);
  const systemTime = systemClock();
  const clock = () => toInstant(systemTime());
  const store = createStore({
    connectionString: databaseUrl,
    poolSize: POOL_SIZE,
    applicationName: "switchboard-worker",
    onBadRow: (row) => log.error(row, "a row that does not parse was set aside"),
  });
  await store.checkReady();
  const relinted = await relint({ store, clock });
  if (relinted.judged > 0) log.info(relinted, "stored documents were judged again by newer rules");

  const places = createPlaces(env.inFlight);
  keepPace({ places, readBusyShare: systemBusyShare(), signal });
  const perAddress = { inFlight: env.perAddressInFlight, perSecond: env.perAddressPerSecond };
  const ownLimiter = createAddressLimiter({ ...perAddress, stopwatch: systemStopwatch() });
  const holdMs = env.probeDeadlineMs + HELD_ON_MS;
  const bounds =
    env.redisUrl === null ? null : await createRedisBounds({ redisUrl: env.redisUrl, ...perAddress, holdMs, log });
  const limiter = bounds === null ? ownLimiter : shareBounds(ownLimiter, bounds);
  const network = {
    dnsServers: env.dnsServers,
    wellKnownPort: env.wellKnownPort,
    allowNetworks: env.allowNetworks,
    extraCa: env.extraCaFile === null ? null : await readFile(env.extraCaFile, "utf8"),
    deadlineMs: env.probeDeadlineMs,
    connectTimeoutMs: env.connectTimeoutMs,
    userAgent: userAgentOf(manifest.version, env),
    clock,
    hasOptedOut: store.isOptedOut,
  };
  const prober = createProber({ ...network, acquireAddress: limiter.acquireWithin(places) });
  const queue = createTicketQueue({ databaseUrl, redisUrl: env.redisUrl, name: "tickets", log });
  const registry = createRegistry();
  addBacklog({ registry, store, clock, log });
  const canary = env.canaryName === null ? null : toCanaryName(env.canaryName);
  if (canary !== null) {
    const key = serverKeyOf(canary);
    addCanary({ registry, log, read: async () => measureCanary(await store.readCanary(key), clock()) });
  }
  const metrics = createCrawlMetrics({
    registry,
    inFlight: places.taken,
    allowed: places.allowed,
    hasOutage: () => crawler.hasOutage(),
    countTickets: () => queue.countWaiting(),
    log,
  });
  const { batchSize, lanes, leaseMs } = planBatches({ inFlight: env.inFlight, deadlineMs: env.probeDeadlineMs });
  const crawler = createCrawler({
    store,
    probe: measureProbe(prober.probe, metrics),
    policy: REVISIT_POLICY,
    places,
    batchSize,
    leaseMs,
    clock,
    random: Math.random,
    log,
  });
  const privateServer =
    env.metricsPort === null
      ? null
      : await servePrivately({ registry, queue: queue.board, port: env.metricsPort, log });
  if (privateServer !== null) log.info({ port: privateServer.port }, "metrics and the queue are served");

  log.info({ queue: env.redisUrl === null ? "postgres" : "redis", inFlight: env.inFlight }, "worker ready");
  const discovering = startDiscovery(
    {
      store,
      network: {
        ...network,
        federationPort: env.federationPort,
        random: Math.random,
        acquireAddress: limiter.acquire,
      },
      inFlight: env.discoveryInFlight,
      leaseMs,
      probes: { crawler, places, batchSize },
      registry,
      log,
    },
    signal,
  );
  const reading = startSources(
    {
      sources: sources.value,
      store,
      network: { ...network, acquireAddress: limiter.acquire },
      reach: federationReachOf(env),
      stopwatch: systemStopwatch(),
      log,
    },
    signal,
  );
  const tending = canary === null ? null : keepCanary({ store, name: canary, clock, log }, signal);
  await runWorker(
    {
      store,
      crawler: measureCrawler(crawler, metrics),
      queue,
      lanes,
      batchSize,
      tickMs: TICK_MS,
      stopMs: STOP_MS,
      log,
    },
    signal,
  );
  const closing = Promise.all([discovering, reading, tending]).then(() =>
    Promise.all([privateServer?.close(), prober.close(), store.close()]),
  );
  await Promise.race([closing, sleep(CLOSE_MS)]);
  bounds?.close();
  log.info("worker stopped");
}
