import { createHash } from "node:crypto";
import {
  addMs,
  type Delivery,
  decideProbe,
  type Finding,
  hostnameOf,
  type Instant,
  type ProbeOutcome,
  REVISIT_POLICY,
  type RegistrableDomain,
  registrableDomainOf,
  type SupportDocument,
  type Verdict,
} from "@switchboard/domain";
import {
  type Claim,
  createStore,
  migrate,
  type ProbeRecord,
  type RecordedProbes,
  type Store,
  type StoreOptions,
} from "@switchboard/store";
import {
  buildFetchReport,
  createTestDatabase,
  NOON,
  toHostname,
  toServedBytes,
  toServerName,
} from "@switchboard/testkit";
import pg from "pg";

type BadRow = Parameters<StoreOptions["onBadRow"]>[0];

/** A migrated database of the test file's own, a store on it, and a look behind the store's back. */
export type Directory = {
  readonly store: Store;
  readonly badRows: BadRow[];
  readonly connectionString: string;
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  /** Empties every table. */
  clear(): Promise<void>;
  close(): Promise<void>;
};

export async function openDirectory(): Promise<Directory> {
  const database = await createTestDatabase({ prepare: (connectionString) => migrate({ connectionString }) });
  const { connectionString } = database;
  const badRows: BadRow[] = [];
  const store = createStore({
    connectionString,
    poolSize: 10,
    applicationName: "store tests",
    onBadRow: (row) => badRows.push(row),
  });
  const pool = new pg.Pool({ connectionString, max: 2 });
  return {
    store,
    badRows,
    connectionString,
    sql: async (text, values = []) => (await pool.query<Record<string, unknown>>(text, [...values])).rows,
    async clear() {
      await pool.query(
        "truncate servers, leases, tallies, api_keys, domain_opt_outs, name_quotas, set_aside_names, source_runs restart identity cascade",
      );
      badRows.length = 0;
    },
    async close() {
      await store.close();
      await pool.end();
      await database.drop();
    },
  };
}

export async function addNames(store: Store, names: readonly string[]): Promise<void> {
  await store.addCandidates({ names: names.map(toServerName), source: "a test", due: "now" });
}

/** Makes the hostnames due and claims them, in the order asked for. */
export async function claimNow(store: Store, hostnames: readonly string[]): Promise<readonly Claim[]> {
  await store.makeDue(hostnames.map(toHostname));
  const request = { limit: hostnames.length, leaseMs: 60_000, hostnames: hostnames.map(toHostname) };
  const claims = await store.claimDue(request);
  return hostnames.flatMap((hostname) => claims.filter((claim) => claim.hostname === hostname));
}

export type JudgedDocument = { verdict?: Verdict; findings?: readonly Finding[]; rulesVersion?: number };

/** The outcome of reading this document; its fingerprint is that of its text, which is enough for a store. */
export function documentOutcome(document: SupportDocument, judged: JudgedDocument = {}): ProbeOutcome {
  const raw = toServedBytes(document);
  return {
    kind: "document",
    document,
    raw,
    fingerprint: createHash("sha256").update(JSON.stringify(document)).digest("hex"),
    verdict: judged.verdict ?? "valid",
    findings: judged.findings ?? [],
    rulesVersion: judged.rulesVersion ?? 1,
    validator: null,
  };
}

export const ABSENT: ProbeOutcome = { kind: "absent", findings: [], validator: null };

export function unreachable(reason: "connect-timeout" | "dns-timeout" | "dns-not-found"): ProbeOutcome {
  return { kind: "unreachable", reason, detail: "in a test" };
}

const report = buildFetchReport();
const DELIVERY: Delivery = { hops: report.hops, tls: report.tls, timing: report.timing };

/** The record of a claim's probe, decided as the crawl decides. */
export function toRecord(claim: Claim, outcome: ProbeOutcome, fetchedAt: Instant): ProbeRecord {
  const interpretation = { outcome, freshForMs: null, retryAfterMs: null };
  const decision = decideProbe({
    state: claim.state,
    interpretation,
    fetchedAt,
    policy: REVISIT_POLICY,
    jitter: 0.5,
  });
  return { hostname: claim.hostname, token: claim.token, decision, delivery: DELIVERY, fetchedAt };
}

/** Probes one hostname: makes it due, claims it, decides and records. */
export async function probe(
  store: Store,
  hostname: string,
  outcome: ProbeOutcome,
  fetchedAt: Instant,
): Promise<RecordedProbes> {
  const [claim] = await claimNow(store, [hostname]);
  if (claim === undefined) throw new Error(`${hostname} could not be claimed`);
  return store.recordProbes([toRecord(claim, outcome, fetchedAt)]);
}

/** Probes one hostname with one outcome after another, `stepMs` apart from noon on. */
export async function walk(
  store: Store,
  hostname: string,
  outcomes: readonly ProbeOutcome[],
  stepMs: number,
): Promise<void> {
  for (const [step, outcome] of outcomes.entries()) await probe(store, hostname, outcome, addMs(NOON, step * stepMs));
}

/** The registrable domain that a name lies at or under. */
export function toDomain(name: string): RegistrableDomain {
  const domain = registrableDomainOf(hostnameOf(toServerName(name)));
  if (domain === null) throw new Error(`${name} has no registrable domain`);
  return domain;
}
