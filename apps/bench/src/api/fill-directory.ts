import {
  decideProbe,
  type Hostname,
  interpretFetch,
  REVISIT_POLICY,
  type ServerKey,
  serverKeyOf,
  toInstant,
} from "@switchboard/domain";
import type { Claim, ProbeRecord, Store } from "@switchboard/store";
import { buildFetchReport, toJsonBytes, toServerName } from "@switchboard/testkit";

const BATCH_SIZE = 500;
const LEASE_MS = 60_000;

/** Fills an empty directory with `count` servers that publish two contacts and a page each. Answers their names. */
export async function fillDirectory(store: Store, count: number, signal: AbortSignal): Promise<readonly ServerKey[]> {
  const names = Array.from({ length: count }, (_, index) => toServerName(`server-${index}.example.org`));
  await store.addCandidates({ names, source: "bench", due: "now" });
  for (;;) {
    signal.throwIfAborted();
    const claims = await store.claimDue({ limit: BATCH_SIZE, leaseMs: LEASE_MS });
    if (claims.length === 0) return names.map(serverKeyOf);
    await store.recordProbes(claims.map((claim) => recordOf(claim, `https://${claim.hostname}/support`)));
  }
}

/** Records that a server now names this support page. */
export async function publishPage(store: Store, hostname: Hostname, supportPage: string): Promise<void> {
  await store.makeDue([hostname]);
  const [claim] = await store.claimDue({ limit: 1, leaseMs: LEASE_MS, hostnames: [hostname] });
  if (claim === undefined) throw new Error(`${hostname} could not be claimed`);
  await store.recordProbes([recordOf(claim, supportPage)]);
}

function recordOf({ hostname, token, state }: Claim, supportPage: string): ProbeRecord {
  const fetchedAt = toInstant(Date.now());
  const document = {
    contacts: [
      { role: "m.role.admin", matrix_id: `@admin:${hostname}`, email_address: `admin@${hostname}` },
      { role: "m.role.security", email_address: `security@${hostname}` },
    ],
    support_page: supportPage,
  };
  const report = buildFetchReport({ body: toJsonBytes(document), report: { hostname, fetchedAt } });
  const interpretation = interpretFetch(report, null, toServerName(hostname));
  const decision = decideProbe({ state, interpretation, fetchedAt, policy: REVISIT_POLICY, jitter: 0.5 });
  const { hops, tls, timing } = report;
  return { hostname, token, decision, delivery: { hops, tls, timing }, fetchedAt };
}
