import { fileURLToPath } from "node:url";
import { measureCanary, serverKeyOf, toCanaryName, toInstant } from "@switchboard/domain";
import { addBacklog, addCanary, createRegistry } from "@switchboard/metrics";
import { attachPostgres } from "@switchboard/postgres";
import {
  createLogger,
  type Environment,
  federationReachOf,
  type Logger,
  parseEnvironment,
  runUntilSignal,
  systemClock,
  userAgentOf,
} from "@switchboard/runtime";
import { createStore } from "@switchboard/store";
import manifest from "../package.json" with { type: "json" };
import { buildApp, COOLOFF_MS, QUOTAS } from "./app.ts";

/** How long answers under way (an export may be long) keep the process from stopping. */
const DRAIN_MS = 8_000;
const POOL_SIZE = 10;

const environment = parseEnvironment(process.env);
if (!environment.ok) {
  for (const { message } of environment.error) process.stderr.write(`${message}\n`);
  process.exit(2);
}
const log = createLogger({ name: "api", level: environment.value.logLevel, destination: "stdout" });
await runUntilSignal(log, (signal) => serve(environment.value, log, signal));

async function serve(env: Environment, log: Logger, signal: AbortSignal): Promise<void> {
  const databaseUrl = env.databaseUrl ?? (await attachPostgres({ dataDir: env.dataDir }))?.connectionString;
  if (databaseUrl === undefined) {
    throw new Error(`no database: set DATABASE_URL, or start the embedded one in ${env.dataDir} with switchboard up`);
  }
  const store = createStore({
    connectionString: databaseUrl,
    poolSize: POOL_SIZE,
    applicationName: "switchboard-api",
    onBadRow: (row) => log.error(row, "a row that does not parse was set aside"),
  });
  const systemTime = systemClock();
  const clock = () => toInstant(systemTime());
  const registry = createRegistry();
  // Every worker may be dead: somebody must still see the backlog grow.
  addBacklog({ registry, store, clock, log });
  const canary = env.canaryName === null ? null : toCanaryName(env.canaryName);
  if (canary !== null) {
    const key = serverKeyOf(canary);
    addCanary({ registry, log, read: async () => measureCanary(await store.readCanary(key), clock()) });
  }
  const app = await buildApp({
    store,
    clock,
    log,
    registry,
    publicUrl: env.publicUrl,
    webRoot: fileURLToPath(new URL("../../web/public", import.meta.url)),
    crawler: {
      userAgent: userAgentOf(manifest.version, env),
      operatorContact: env.operatorContact,
      perAddressInFlight: env.perAddressInFlight,
      perAddressPerSecond: env.perAddressPerSecond,
      probeDeadlineMs: env.probeDeadlineMs,
      connectTimeoutMs: env.connectTimeoutMs,
    },
    quotas: QUOTAS,
    cooloffMs: COOLOFF_MS,
    reach: federationReachOf(env),
    canary,
  });
  await app.listen({ host: env.httpHost, port: env.httpPort });
  await aborted(signal);
  const cut = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
  await app.close();
  clearTimeout(cut);
  await store.close();
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
