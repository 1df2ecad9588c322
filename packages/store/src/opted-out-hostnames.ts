import { domainsAbove, type Hostname } from "@switchboard/domain";
import { z } from "zod";
import type { Query } from "./connection.ts";

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

const namesSchema = z.array(z.object({ name: z.string() }));

/** Those of these hostnames whose operators opted out, by themselves or with a domain above them, known or not. */
export async function findOptedOut(query: Query, hostnames: readonly Hostname[]): Promise<ReadonlySet<Hostname>> {
  const above = new Map(hostnames.map((hostname) => [hostname, domainsAbove(hostname)]));
  const rows = await query({
    text: `
      select hostname as name from servers where hostname = any($1) and opted_out_at is not null
      union all
      select '.' || domain from domain_opt_outs where domain = any($2)`,
    values: [hostnames, [...new Set([...above.values()].flat())]],
  });
  // A dot before domains keeps the two kinds apart: the row of a hostname says nothing of the names under it.
  const found = new Set(namesSchema.parse(rows).map(({ name }) => name));
  const covers = (domains: readonly string[]) => domains.some((domain) => found.has(`.${domain}`));
  return new Set(hostnames.filter((hostname) => found.has(hostname) || covers(above.get(hostname) ?? [])));
}
