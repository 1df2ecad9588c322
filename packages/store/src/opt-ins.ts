import {
  type Hostname,
  hostnameOf,
  type Instant,
  OPT_OUT_WAYS,
  type OptOutWay,
  type RegistrableDomain,
  type ServerKey,
} from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Query } from "./connection.ts";
import { scheduleDiscoveries } from "./discovery-claims.ts";
import { appendToFeed, moveTallies, type TallyDelta } from "./feed.ts";
import { findServerIds, lockHeld } from "./held-server.ts";
import { findDomainsOut, findHostnamesUnder, lockOptOuts } from "./opted-out-hostnames.ts";
import { writeProjections } from "./projection-rows.ts";
import { projectServer } from "./server-projection.ts";
import { hostnameSchema, instantSchema, serverKeySchema } from "./stored-json.ts";

/** What became of the wish to have a name back. `since` is when it had opted out. */
export type OptInEnd =
  | { readonly kind: "opted-in"; readonly way: OptOutWay; readonly since: Instant }
  | { readonly kind: "not-opted-out" }
  /** A domain above it opted out as a whole, and can only come back as such. */
  | { readonly kind: "domain-opted-out"; readonly domain: string };

/** How many known hostnames came back with their domain; the others had opted out by themselves, or lie under another one. */
export type OptInSummary = { readonly optedIn: number; readonly stillOptedOut: number };

/** The way back, when an operator changes their mind: candidates as at first, due now, with nothing of what was erased. */
export type OptIns = {
  /** Takes back the opt-out of the whole hostname of this name. */
  optIn(name: ServerKey): Promise<OptInEnd>;
  /** Takes back the opt-out of a domain; null where it had not opted out. */
  optInDomain(domain: RegistrableDomain): Promise<OptInSummary | null>;
};

const unprobed = projectServer({ published: null, condition: "unprobed", conditionReason: null, standing: "listed" });

export function createOptIns(connection: Connection): OptIns {
  return {
    optIn: (name) =>
      connection.transaction(async (query) => {
        const hostname = hostnameOf(name);
        // Together with the domain's own opt-out this decides whether the name comes back: one of the two waits.
        await lockOptOuts(query);
        const [domain] = (await findDomainsOut(query, [hostname])).get(hostname) ?? [];
        if (domain !== undefined) return { kind: "domain-opted-out", domain };
        const [former] = await listAgain(query, [hostname]);
        return former === undefined ? { kind: "not-opted-out" } : { kind: "opted-in", ...former };
      }),
    optInDomain: (domain) =>
      connection.transaction(async (query) => {
        await lockOptOuts(query);
        const removed = await query({
          text: "delete from domain_opt_outs where domain = $1 returning domain",
          values: [domain],
        });
        if (removed.length === 0) return null;
        const known = await findHostnamesUnder(query, domain);
        const covered = await findDomainsOut(query, known);
        const byDomain = await findOutByDomain(query, known);
        const back = byDomain.filter((hostname) => !covered.has(hostname));
        const listed = await listAgain(query, back);
        const [row] = await query({
          text: "select count(*) from servers where hostname = any($1) and opted_out_at is not null",
          values: [known],
        });
        return { optedIn: listed.length, stillOptedOut: z.object({ count: z.int() }).parse(row).count };
      }),
  };
}

async function findOutByDomain(query: Query, hostnames: readonly Hostname[]): Promise<readonly Hostname[]> {
  const rows = await query({
    text: "select hostname from servers where hostname = any($1) and opted_out_by = 'domain'",
    values: [hostnames],
  });
  return z
    .array(z.object({ hostname: hostnameSchema }))
    .parse(rows)
    .map(({ hostname }) => hostname);
}

const formerSchema = z.object({
  id: z.int(),
  tally_keys: z.array(z.string()),
  opted_out_at: instantSchema,
  opted_out_by: z.enum(OPT_OUT_WAYS),
});

/** Makes those of the hostnames that opted out candidates again, due now. Answers what they had been. */
async function listAgain(
  query: Query,
  hostnames: readonly Hostname[],
): Promise<readonly { readonly way: OptOutWay; readonly since: Instant }[]> {
  await lockHeld(query, await findServerIds(query, hostnames));
  const rows = await query({
    text: "select id, tally_keys, opted_out_at, opted_out_by from servers where hostname = any($1) and opted_out_at is not null",
    values: [hostnames],
  });
  const former = z.array(formerSchema).parse(rows);
  const ids = former.map(({ id }) => id);
  const statements = [
    "update servers set opted_out_at = null, opted_out_by = null where id = any($1)",
    "update schedule set due_at = date_trunc('milliseconds', now()), version = version + 1 where server_id = any($1)",
  ];
  for (const text of statements) await query({ text, values: [ids] });
  const names = await query({
    text: "select key from server_names where server_id = any($1) order by key",
    values: [ids],
  });
  await scheduleDiscoveries(
    query,
    z
      .array(z.object({ key: serverKeySchema }))
      .parse(names)
      .map(({ key }) => key),
  );
  await writeProjections(
    query,
    ids.map((serverId) => ({ serverId, projection: unprobed, contacts: "replaced" as const })),
  );
  const delta: TallyDelta = new Map();
  for (const { tally_keys } of former) moveTallies(delta, tally_keys, unprobed.tallyKeys);
  await appendToFeed(query, delta, []);
  return former.map(({ opted_out_at, opted_out_by }) => ({ way: opted_out_by, since: opted_out_at }));
}
