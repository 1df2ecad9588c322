import { type Hostname, hostnameOf, type OptOutWay, type RegistrableDomain, type ServerKey } from "@switchboard/domain";
import { z } from "zod";
import { insertCandidates } from "./candidates.ts";
import type { Connection, Query } from "./connection.ts";
import { appendToFeed, moveTallies, type TallyDelta } from "./feed.ts";
import { findServerIds, lockHeld } from "./held-server.ts";
import { holdLending, lockLent, revokeLeases } from "./leases.ts";
import { findHostnamesUnder, findOptedOut, holdOptOuts, lockOptOuts } from "./opted-out-hostnames.ts";
import { writeProjections } from "./projection-rows.ts";
import { forgetDiscoveries } from "./record-discoveries.ts";
import { projectServer } from "./server-projection.ts";
import { forgetSetAside, forgetSetAsideUnder } from "./set-aside-names.ts";

/** How many known hostnames an opt-out took out now, and how many of those it covers were out before. */
export type OptOutSummary = { readonly optedOut: number; readonly optedOutBefore: number };

/**
 * Operators' wishes to be left alone: deletes revisions, spans and contacts, blanks the details of changes, stops
 * probing. Only the fact stays (docs/opting-out.md). What a probe under way finds is discarded, since its claim is gone.
 */
export type OptOuts = {
  /** Honours the wish for the whole hostname of this name; one that is not known yet is remembered. */
  optOut(name: ServerKey): Promise<OptOutSummary>;
  /** Honours the wish for every hostname at or under this domain, those that will be heard of included. */
  optOutDomain(domain: RegistrableDomain): Promise<OptOutSummary>;
  /** Honours the wish that a probe of this claim has seen. False, and nothing done, where the claim is no longer the caller's. */
  optOutClaimed(
    claim: { readonly hostname: Hostname; readonly token: string },
    way: Extract<OptOutWay, "document" | "dns">,
  ): Promise<boolean>;
  /** The hostnames of those of these names, in the directory or not, whose operators asked to be left alone. */
  listOptedOut(names: readonly ServerKey[]): Promise<ReadonlySet<Hostname>>;
  /** Whether the operator of this name, in the directory or not, asked to be left alone. */
  isOptedOut(name: ServerKey): Promise<boolean>;
};

const nothing = projectServer({
  published: null,
  condition: "unprobed",
  conditionReason: null,
  standing: "opted-out",
});

export function createOptOuts(connection: Connection): OptOuts {
  return {
    optOut: (name) =>
      connection.transaction(async (query) => {
        const hostname = hostnameOf(name);
        // Before what adding a name locks: docs/adr/0014.
        await holdOptOuts(query);
        await holdLending(query);
        const known = await findServerIds(query, [hostname]);
        if (known.length === 0) {
          await insertCandidates(query, new Map([[name, hostname]]), { source: "opt-out", due: "now" });
        }
        return erase(query, [hostname], "command");
      }),
    optOutDomain: (domain) =>
      connection.transaction(async (query) => {
        await lockOptOuts(query);
        await holdLending(query);
        await query({
          text: "insert into domain_opt_outs (domain) values ($1) on conflict (domain) do nothing",
          values: [domain],
        });
        await forgetSetAsideUnder(query, domain);
        return erase(query, await findHostnamesUnder(query, domain), "domain");
      }),
    optOutClaimed: ({ hostname, token }, way) =>
      connection.transaction(async (query) => {
        await holdLending(query);
        const [lent] = await lockLent(query, [{ token }], "leases");
        const [serverId] = await findServerIds(query, [hostname]);
        if (lent === undefined || lent.serverId !== serverId) return false;
        await erase(query, [hostname], way);
        return true;
      }),
    listOptedOut: (names) => findOptedOut(connection.query, [...new Set(names.map(hostnameOf))]),
    async isOptedOut(name) {
      const hostname = hostnameOf(name);
      return (await findOptedOut(connection.query, [hostname])).has(hostname);
    },
  };
}

const standingSchema = z.object({ tally_keys: z.array(z.string()), opted_out: z.boolean() });

/** Lending must be held. */
async function erase(query: Query, hostnames: readonly Hostname[], way: OptOutWay): Promise<OptOutSummary> {
  const ids = await findServerIds(query, hostnames);
  // Without its lease, a probe that is under way can record nothing any more.
  await revokeLeases(query, ids);
  await lockHeld(query, ids);
  // Nothing else is read: a row that does not parse must not stand in the way of an opt-out.
  const rows = await query({
    text: "select tally_keys, opted_out_at is not null as opted_out from servers where id = any($1)",
    values: [ids],
  });
  const servers = z.array(standingSchema).parse(rows);
  const statements = [
    "update schedule set due_at = null, asked_at = null, last_probed_at = null, " +
      "last_confirmed_at = null, absent_since = null, unusable_since = null, unusable_count = 0, failing_since = null, " +
      "failure_count = 0, interval_ms = null, span = null, span_revision = null, " +
      "span_count = null, span_reasons = null, validator = null, revision = null, published_since = null, " +
      "verdict = null, findings = '[]', rules_version = null, condition = 'unprobed', condition_reason = null, " +
      "condition_since = null, answer_findings = '[]', version = version + 1 where server_id = any($1)",
    "update servers set withdrawn_at = null, last_changed_at = null where id = any($1)",
    "delete from past_spans where server_id = any($1)",
    "update changes set detail = null where server_id = any($1)",
    "delete from revisions where server_id = any($1)",
    "delete from deliveries where server_id = any($1)",
  ];
  for (const text of statements) await query({ text, values: [ids] });
  await forgetSetAside(query, hostnames);
  await query({
    // A wish of the name's own outlives its domain's change of mind.
    text: `
      update servers set opted_out_at = coalesce(opted_out_at, now()),
        opted_out_by = case when opted_out_by <> 'domain' then opted_out_by else $2 end
      where id = any($1)`,
    values: [ids, way],
  });
  await writeProjections(
    query,
    ids.map((serverId) => ({ serverId, projection: nothing, contacts: "replaced" as const })),
  );
  const delta: TallyDelta = new Map();
  moveTallies(delta, await forgetDiscoveries(query, ids), []);
  for (const { tally_keys } of servers) moveTallies(delta, tally_keys, nothing.tallyKeys);
  await appendToFeed(query, delta, []);
  const optedOutBefore = servers.filter(({ opted_out }) => opted_out).length;
  return { optedOut: servers.length - optedOutBefore, optedOutBefore };
}
