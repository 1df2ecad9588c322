import { fileURLToPath } from "node:url";
import {
  addMs,
  DAY_MS,
  DISCOVERY_POLICY,
  decideDiscovered,
  decideProbe,
  type FetchReport,
  hostnameOf,
  interpretFetch,
  REVISIT_POLICY,
  type ServerSoftware,
  toInstant,
} from "@switchboard/domain";
import { createRegistry } from "@switchboard/metrics";
import { createStore, migrate, type Store } from "@switchboard/store";
import {
  buildDiscoveryReport,
  buildFetchReport,
  createFixedClock,
  createTestDatabase,
  type FixedClock,
  type ReportOfResponse,
  toJsonBytes,
  toServerKey,
  toServerName,
} from "@switchboard/testkit";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { type AppOptions, buildApp, QUOTAS } from "../src/app.ts";

export type Directory = {
  readonly app: FastifyInstance;
  readonly store: Store;
  readonly clock: FixedClock;
  /** Everything the app logged, one parsed line each. */
  readonly logged: Record<string, unknown>[];
  /** Lists a server (where it is new) and records what a probe of it found, at the clock's present time. */
  probe(name: string, answer: ReportOfResponse & { readonly document?: unknown }): Promise<void>;
  /** Records what a discovery of a probed server found, at the clock's present time; null for silence. */
  discover(name: string, software: ServerSoftware | null): Promise<void>;
  close(): Promise<void>;
};

/** An app over a directory of its own: a cloned database, a clock that stands still, a log that is kept. */
export async function startDirectory(options: Partial<AppOptions> = {}): Promise<Directory> {
  const database = await createTestDatabase({ prepare: (connectionString) => migrate({ connectionString }) });
  const store = createStore({
    connectionString: database.connectionString,
    poolSize: 4,
    applicationName: "api-test",
    onBadRow: (row) => {
      throw new Error(`bad row: ${JSON.stringify(row)}`);
    },
  });
  // A little ahead of Postgres' clock, which says when a name was first heard of.
  const clock = createFixedClock(addMs(toInstant(Date.now()), DAY_MS));
  const { app, logged } = await startApp({ store, clock: clock.now, ...options });
  return {
    app,
    store,
    clock,
    logged,
    probe: (name, answer) => recordProbe(store, clock, name, answer),
    discover: (name, software) => recordDiscovery(store, clock, name, software),
    async close() {
      await app.close();
      await store.close();
      await database.drop();
    },
  };
}

/** An app with test settings, closed by its directory or, where the test made it, at the end of the test. */
export async function startApp(
  options: Pick<AppOptions, "store" | "clock"> & Partial<AppOptions>,
): Promise<{ app: FastifyInstance; logged: Record<string, unknown>[] }> {
  const logged: Record<string, unknown>[] = [];
  const app = await buildApp({
    log: pino({ level: "trace" }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    registry: createRegistry(),
    publicUrl: "https://switchboard.example.org",
    webRoot: fileURLToPath(new URL("../../web/public", import.meta.url)),
    crawler: {
      userAgent: "Switchboard/0.0.0 (+https://switchboard.example.org/crawler)",
      operatorContact: null,
      perAddressInFlight: 8,
      perAddressPerSecond: 20,
      probeDeadlineMs: 15_000,
      connectTimeoutMs: 5_000,
    },
    quotas: QUOTAS,
    cooloffMs: 60_000,
    reach: "public",
    canary: null,
    ...options,
  });
  return { app, logged };
}

/** A second app over the directory's store, with other settings, closed when the test ends. */
export async function startAnotherApp(directory: Directory, options: Partial<AppOptions>): Promise<FastifyInstance> {
  const { app } = await startApp({ store: directory.store, clock: directory.clock.now, ...options });
  onTestFinished(() => app.close());
  return app;
}

async function recordProbe(
  store: Store,
  clock: FixedClock,
  name: string,
  { document, ...answer }: ReportOfResponse & { readonly document?: unknown },
): Promise<void> {
  const serverName = toServerName(name);
  const hostname = hostnameOf(serverName);
  await store.addCandidates({ names: [serverName], source: "test", due: "now" });
  await store.makeDue([hostname]);
  const [claim] = await store.claimDue({ limit: 1, leaseMs: 60_000, hostnames: [hostname] });
  if (claim === undefined) throw new Error(`${name} could not be claimed`);
  const fetchedAt = clock.now();
  const report: FetchReport = buildFetchReport({
    ...answer,
    ...(document === undefined ? {} : { body: toJsonBytes(document) }),
    report: { hostname, fetchedAt, ...answer.report },
  });
  const interpretation = interpretFetch(report, null, serverName);
  const decision = decideProbe({ state: claim.state, interpretation, fetchedAt, policy: REVISIT_POLICY, jitter: 0.5 });
  const { hops, tls, timing } = report;
  await store.recordProbes([{ hostname, token: claim.token, decision, delivery: { hops, tls, timing }, fetchedAt }]);
}

async function recordDiscovery(
  store: Store,
  clock: FixedClock,
  name: string,
  software: ServerSoftware | null,
): Promise<void> {
  const serverName = toServerKey(name);
  const claims = await store.claimDueDiscoveries({ limit: 1_000, leaseMs: 60_000 });
  const claim = claims.find((one) => one.serverName === serverName);
  await store.handBackDiscoveries(claims.filter((one) => one !== claim));
  if (claim === undefined) throw new Error(`${name} could not be claimed`);
  const report = buildDiscoveryReport({ serverName, discoveredAt: clock.now(), software });
  const decision = decideDiscovered({ state: claim.state, report, policy: DISCOVERY_POLICY, jitter: 0.5 });
  // Due again at once, so that a test can look again.
  const again = { ...decision, dueAt: clock.now() };
  await store.recordDiscoveries([{ serverName, token: claim.token, decision: again, discoveredAt: clock.now() }]);
}
