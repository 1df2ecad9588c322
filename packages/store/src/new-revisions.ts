import type { ProbeDecision } from "@switchboard/domain";
import { z } from "zod";
import { toJson } from "./clean-text.ts";
import type { Query } from "./connection.ts";
import type { HeldServer } from "./held-server.ts";
import { fromEpochMs, toEpochMs } from "./moment.ts";
import type { ProbeRecord } from "./record-probes.ts";

type Seen = { readonly record: ProbeRecord; readonly before: HeldServer };

/**
 * Keeps content that was not seen before and numbers it; content seen before keeps its number (A → B → A is two
 * revisions). Answers the numbers by `server id fingerprint`, of all that these records publish or saw.
 */
export async function numberRevisions(query: Query, records: readonly Seen[]): Promise<ReadonlyMap<string, number>> {
  const numbers = new Map<string, number>();
  for (const { before } of records) {
    if (before.fingerprint !== null && before.revision !== null) {
      numbers.set(keyOf(before.id, before.fingerprint), before.revision);
    }
  }
  const unnumbered = records.flatMap(({ record: { decision, fetchedAt }, before }) =>
    fingerprintsOf(decision)
      .filter((fingerprint) => !numbers.has(keyOf(before.id, fingerprint)))
      .map((fingerprint) => ({ serverId: before.id, fingerprint, decision, fetchedAt })),
  );
  if (unnumbered.length === 0) return numbers;
  const fresh = unnumbered.flatMap(({ serverId, fingerprint, decision: { revision }, fetchedAt }) =>
    revision?.fingerprint === fingerprint ? [{ serverId, ...revision, firstSeenAt: fetchedAt }] : [],
  );
  if (fresh.length > 0) await insertRevisions(query, fresh);
  for (const { server_id, fingerprint, n } of await readNumbers(query, unnumbered)) {
    numbers.set(keyOf(server_id, fingerprint), n);
  }
  for (const { serverId, fingerprint } of unnumbered) {
    // Published content whose bytes were never given would be lost: no record may say so.
    if (!numbers.has(keyOf(serverId, fingerprint)))
      throw new Error(`server ${serverId} has no revision ${fingerprint}`);
  }
  return numbers;
}

function keyOf(serverId: number, fingerprint: string): string {
  return `${serverId} ${fingerprint}`;
}

function fingerprintsOf({ state, span }: ProbeDecision): readonly string[] {
  const fingerprints = [state.published?.fingerprint ?? null, span.fingerprint];
  return [...new Set(fingerprints.filter((fingerprint) => fingerprint !== null))];
}

type FreshRevision = NonNullable<ProbeDecision["revision"]> & {
  readonly serverId: number;
  readonly firstSeenAt: ProbeRecord["fetchedAt"];
};

async function insertRevisions(query: Query, fresh: readonly FreshRevision[]): Promise<void> {
  await query({
    name: "insert-revisions",
    text: `
      insert into revisions
        (server_id, n, fingerprint, raw, document, verdict, findings, rules_version, first_seen_at)
      select server_id,
        1 + coalesce((select max(n) from revisions where revisions.server_id = fresh.server_id), 0),
        fingerprint, decode(raw, 'base64'), document, verdict, findings, rules_version, ${fromEpochMs("first_seen_at")}
      from json_to_recordset($1) as fresh (server_id bigint, fingerprint text, raw text, document jsonb, verdict text,
        findings jsonb, rules_version integer, first_seen_at double precision)
      on conflict (server_id, fingerprint) do nothing`,
    values: [toJson(fresh.map(toRow))],
  });
}

function toRow({ serverId, fingerprint, raw, document, verdict, findings, rulesVersion, firstSeenAt }: FreshRevision) {
  return {
    server_id: serverId,
    fingerprint,
    raw: Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString("base64"),
    document,
    verdict,
    findings,
    rules_version: rulesVersion,
    first_seen_at: toEpochMs(firstSeenAt),
  };
}

const numberSchema = z.object({ server_id: z.int(), fingerprint: z.string(), n: z.int() });

async function readNumbers(query: Query, wanted: readonly { serverId: number; fingerprint: string }[]) {
  const rows = await query({
    name: "read-revision-numbers",
    text: `
      select server_id, fingerprint, n from revisions
      join unnest($1::bigint[], $2::text[]) as wanted (server_id, fingerprint) using (server_id, fingerprint)`,
    values: [wanted.map(({ serverId }) => serverId), wanted.map(({ fingerprint }) => fingerprint)],
  });
  return z.array(numberSchema).parse(rows);
}
