import { domainsAbove, type Hostname } from "@switchboard/domain";
import { z } from "zod";
import type { Query } from "./connection.ts";
import { hostnameSchema } from "./stored-json.ts";

/** Any fixed number: who adds candidates shares it, who opts a domain out has it alone, until the transaction ends. */
const OPT_OUT_LOCK = 7_305_190_003;

/** Keeps domains from opting out until the transaction ends: names being added under one would slip through. */
export async function holdOptOuts(query: Query): Promise<void> {
  await query({ text: "select pg_advisory_xact_lock_shared($1)", values: [OPT_OUT_LOCK] });
}

/** Waits until nobody is adding candidates, and keeps them waiting until the transaction ends. */
export async function lockOptOuts(query: Query): Promise<void> {
  await query({ text: "select pg_advisory_xact_lock($1)", values: [OPT_OUT_LOCK] });
}

/** Those of these hostnames whose operators opted out, by themselves or with a domain above them, known or not. */
export async function findOptedOut(query: Query, hostnames: readonly Hostname[]): Promise<ReadonlySet<Hostname>> {
  const above = hostnames.flatMap((hostname) => domainsAbove(hostname).map((domain) => ({ hostname, domain })));
  const rows = await query({
    name: "find-opted-out",
    text: `
      select hostname from servers where hostname = any($1) and opted_out_at is not null
      union
      select hostname from unnest($2::text[], $3::text[]) as above (hostname, domain) join domain_opt_outs using (domain)`,
    values: [hostnames, above.map(({ hostname }) => hostname), above.map(({ domain }) => domain)],
  });
  return new Set(parseHostnames(rows));
}

/** The domains above these hostnames that opted out as a whole, the longest first; hostnames under none are left out. */
export async function findDomainsOut(
  query: Query,
  hostnames: readonly Hostname[],
): Promise<ReadonlyMap<Hostname, readonly string[]>> {
  const above = new Map(hostnames.map((hostname) => [hostname, domainsAbove(hostname)]));
  const rows = await query({
    text: "select domain from domain_opt_outs where domain = any($1)",
    values: [[...new Set([...above.values()].flat())]],
  });
  const out = new Set(
    z
      .array(z.object({ domain: z.string() }))
      .parse(rows)
      .map(({ domain }) => domain),
  );
  const covered = [...above].map(([hostname, domains]) => [hostname, domains.filter((each) => out.has(each))] as const);
  return new Map(covered.filter(([, domains]) => domains.length > 0));
}

/** The known hostnames at or under a domain; one with a trailing dot is at the same place. */
export async function findHostnamesUnder(query: Query, domain: string): Promise<readonly Hostname[]> {
  const rows = await query({
    text: `
      select hostname from servers
      where ${isUnder("rtrim(hostname, '.')", "$1")}`,
    values: [domain],
  });
  return parseHostnames(rows);
}

/** SQL: whether a host lies at or under a domain. */
export function isUnder(host: string, domain: string): string {
  return `(${host} = ${domain} or right(${host}, length(${domain}) + 1) = '.' || ${domain})`;
}

/** SQL: whether a host's operator opted out, by itself or with a domain above it. */
export function isOptedOut(host: string): string {
  return `(exists (select from servers where hostname = ${host} and opted_out_at is not null)
    or exists (select from domain_opt_outs as out where ${isUnder(host, "out.domain")}))`;
}

function parseHostnames(rows: readonly unknown[]): readonly Hostname[] {
  return z
    .array(z.object({ hostname: hostnameSchema }))
    .parse(rows)
    .map(({ hostname }) => hostname);
}
