import { boundedDomainOf, type Hostname, type NameBound, type ServerKey } from "@switchboard/domain";
import { z } from "zod";
import type { Query } from "./connection.ts";

/** The row of a source as a whole; no domain is called that. */
export const WHOLE = "*";

const TODAY = "(now() at time zone 'utc')::date";
/** For the statistics, this day included; only today's rows bound anything. */
const KEPT_DAYS = 7;

/** Whether a row is one of those that the statistics are about. */
export const IS_RECENT = `day > ${TODAY} - ${KEPT_DAYS}`;

const quotasSchema = z.array(z.object({ domain: z.string(), taken: z.int() }));
const keysSchema = z.array(z.object({ key: z.string() }));

/**
 * Those of these names that are too many new ones for their source and day: they are held back, and counted. Names that
 * the directory knows are never held. Submissions from one source take turns, until the transaction ends.
 */
export async function holdBack(
  query: Query,
  names: ReadonlyMap<ServerKey, Hostname>,
  { source, bound }: { readonly source: string; readonly bound: NameBound },
): Promise<readonly ServerKey[]> {
  const [whole] = await openQuotas(query, source, [WHOLE]);
  if (whole?.taken === 0) await dropOld(query, source);
  const known = await query({
    text: "select key from server_names where key = any($1)",
    values: [[...names.keys()]],
  });
  const knownKeys = new Set(keysSchema.parse(known).map(({ key }) => key));
  const fresh = [...names].filter(([key]) => !knownKeys.has(key));
  if (fresh.length === 0) return [];
  const domains = new Map(fresh.map(([key, hostname]) => [key, boundedDomainOf(hostname)]));
  const quotas = await openQuotas(query, source, [...new Set(domains.values())].sort());
  const left = new Map(quotas.map(({ domain, taken }) => [domain, bound.perDomain - taken]));
  let leftInAll = bound.perSource - (whole?.taken ?? 0);
  const taken = new Map<string, number>();
  const held = new Map<string, number>();
  const heldKeys: ServerKey[] = [];
  for (const [key, domain] of domains) {
    const leftOfDomain = left.get(domain) ?? 0;
    if (leftOfDomain > 0 && leftInAll > 0) {
      leftInAll -= 1;
      left.set(domain, leftOfDomain - 1);
      for (const counted of [domain, WHOLE]) add(taken, counted);
    } else {
      heldKeys.push(key);
      // A domain answers for what it is too many itself, not for what the source as a whole is.
      for (const counted of leftOfDomain > 0 ? [WHOLE] : [domain, WHOLE]) add(held, counted);
    }
  }
  await count(query, source, { taken, held });
  return heldKeys;
}

function add(counts: Map<string, number>, domain: string): void {
  counts.set(domain, (counts.get(domain) ?? 0) + 1);
}

/** Locks today's rows of these domains, which must be sorted. */
async function openQuotas(query: Query, source: string, domains: readonly string[]) {
  const rows = await query({
    text: `
      insert into name_quotas (source, domain, day)
      select $1, domain, ${TODAY} from unnest($2::text[]) as heard (domain)
      on conflict (source, domain, day) do update set taken = name_quotas.taken
      returning domain, taken`,
    values: [source, domains],
  });
  return quotasSchema.parse(rows);
}

async function count(
  query: Query,
  source: string,
  { taken, held }: { readonly taken: ReadonlyMap<string, number>; readonly held: ReadonlyMap<string, number> },
): Promise<void> {
  const domains = [...new Set([...taken.keys(), ...held.keys()])];
  await query({
    text: `
      update name_quotas set taken = taken + more_taken, held = held + more_held
      from unnest($2::text[], $3::int[], $4::int[]) as counted (of_domain, more_taken, more_held)
      where source = $1 and domain = of_domain and day = ${TODAY}`,
    values: [
      source,
      domains,
      domains.map((domain) => taken.get(domain) ?? 0),
      domains.map((domain) => held.get(domain) ?? 0),
    ],
  });
}

async function dropOld(query: Query, source: string): Promise<void> {
  await query({
    text: `delete from name_quotas where source = $1 and not ${IS_RECENT}`,
    values: [source],
  });
}
