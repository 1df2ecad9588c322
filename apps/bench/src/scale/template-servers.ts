import {
  addMs,
  DAY_MS,
  decideProbe,
  type FetchReport,
  type Hostname,
  type Instant,
  interpretFetch,
  REVISIT_POLICY,
} from "@switchboard/domain";
import type { Claim, ProbeRecord, Store } from "@switchboard/store";
import { buildFetchReport, toHostname, toJsonBytes, toServerName } from "@switchboard/testkit";

/** What a server answered at one probe. */
type Answer =
  | { readonly kind: "json"; readonly body: unknown; readonly etag?: string }
  | { readonly kind: "html" }
  | { readonly kind: "not-found" }
  | { readonly kind: "failed"; readonly reason: Extract<FetchReport["end"], { kind: "failed" }>["reason"] };

/** A server with a history: what it answered, a few days between two probes, the last one just now. */
export type TemplateServer = {
  readonly hostname: Hostname;
  /** The part of every name, address and document of this server that its clones replace by their own. */
  readonly marker: string;
  readonly answers: readonly Answer[];
  /** Days from one answer to the next. */
  readonly stepDays: number;
};

export const RARE_ROLE = "org.example.role.press";
const LEASE_MS = 60_000;
const SHAPES = ["%.example.org", "matrix.%.example.net", "%.example", "chat.%.example.com", "synapse.%.example"];
/** Labels that many of the servers' names have. */
export const SHARED_LABELS: ReadonlySet<string> = new Set(SHAPES.flatMap((shape) => shape.split(".")));
const FAILURES = [
  "dns-not-found",
  "connect-timeout",
  "dns-not-found",
  "connect-timeout",
  "connect-refused",
  "tls-expired",
] as const;

/** A hundred servers that stand for the federation: 60 of them out of reach, 16 with a document published. */
export function templateServers(): readonly TemplateServer[] {
  return Array.from({ length: 100 }, (_, place) => {
    const marker = `zq${String(place).padStart(3, "0")}zq`;
    const shape = SHAPES[place % SHAPES.length] ?? "%";
    const hostname = toHostname(shape.replace("%", marker));
    // Those that went silent did so long enough ago for what they published to be stale.
    return { hostname, marker, answers: answersOf(place, hostname), stepDays: place >= 55 && place < 61 ? 16 : 5 };
  });
}

function answersOf(place: number, hostname: Hostname): readonly Answer[] {
  const failed: Answer = { kind: "failed", reason: FAILURES[place % FAILURES.length] ?? "timeout" };
  const other: Answer = { kind: "failed", reason: "dns-timeout" };
  const absent: Answer = { kind: "not-found" };
  const document = (body: unknown): Answer => ({
    kind: "json",
    body,
    ...(place % 2 === 0 ? { etag: `"${place}"` } : {}),
  });
  const published = document(documentOf(hostname, place));
  const revised = document({ ...documentOf(hostname, place), support_page: `https://${hostname}/help` });
  if (place === 0) return [];
  if (place < 50) return [failed, failed, other, failed];
  if (place < 55) return [absent, failed, failed, failed];
  if (place < 61) return [published, published, failed, failed];
  if (place < 87) return [absent, absent, absent];
  if (place < 94) return [published, published, published];
  if (place < 96) return [published, revised, published, revised];
  if (place < 97) return [published, failed, published, other, published];
  return [{ kind: "html" }, { kind: "html" }];
}

function documentOf(hostname: Hostname, place: number): Record<string, unknown> {
  const admin = {
    role: "m.role.admin",
    matrix_id: `@admin:${hostname}`,
    // Some operators run many servers, and name the same address on each.
    email_address: place % 4 === 0 ? `abuse@hoster-${place}.example` : `abuse@${hostname}`,
  };
  const security = {
    role: place % 3 === 0 ? "m.role.security" : "m.role.moderator",
    email_address: `security@${hostname}`,
  };
  const press = { role: RARE_ROLE, email_address: `press@${hostname}` };
  return {
    contacts: [admin, ...(place % 2 === 0 ? [security] : []), ...(place === 93 ? [press] : [])],
    ...(place % 5 === 0 ? {} : { support_page: `https://${hostname}/support` }),
  };
}

/** Adds the templates to the directory and records their histories through the store, as a crawl would have. */
export async function recordTemplates(store: Store, templates: readonly TemplateServer[], now: Instant): Promise<void> {
  const names = templates.map(({ hostname }) => toServerName(hostname));
  await store.addCandidates({ names, source: "bench", due: "now" });
  for (const { hostname, answers, stepDays } of templates) {
    for (const [step, answer] of answers.entries()) {
      const fetchedAt = addMs(now, -(answers.length - 1 - step) * stepDays * DAY_MS);
      await store.makeDue([hostname]);
      const [claim] = await store.claimDue({ limit: 1, leaseMs: LEASE_MS, hostnames: [hostname] });
      if (claim === undefined) throw new Error(`${hostname} could not be claimed`);
      await store.recordProbes([toRecord(claim, answer, fetchedAt)]);
    }
  }
}

function toRecord({ hostname, state, token }: Claim, answer: Answer, fetchedAt: Instant): ProbeRecord {
  const report = toReport(hostname, answer, fetchedAt);
  const interpretation = interpretFetch(report, null, toServerName(hostname));
  const decision = decideProbe({ state, interpretation, fetchedAt, policy: REVISIT_POLICY, jitter: 0.99 });
  const { hops, tls, timing } = report;
  return { hostname, token, decision, delivery: { hops, tls, timing }, fetchedAt };
}

function toReport(hostname: Hostname, answer: Answer, fetchedAt: Instant): FetchReport {
  const server = { hostname, fetchedAt };
  const url = `https://${hostname}/.well-known/matrix/support`;
  switch (answer.kind) {
    case "json":
      return buildFetchReport({
        body: toJsonBytes(answer.body),
        headers: { etag: answer.etag ?? null, server: "nginx" },
        report: server,
      });
    case "html":
      return buildFetchReport({
        body: new TextEncoder().encode("<!doctype html><title>Welcome</title>"),
        headers: { contentType: "text/html" },
        report: server,
      });
    case "not-found":
      return buildFetchReport({ status: 404, body: new Uint8Array(), report: server });
    case "failed":
      return buildFetchReport({
        report: {
          ...server,
          hops: [{ url, status: null, address: null, headers: null }],
          end: { kind: "failed", reason: answer.reason, detail: "in a bench" },
        },
      });
  }
}
