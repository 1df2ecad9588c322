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
  const note = (numbered: readonly NumberedRevision[]) => {
    for (const { server_id, fingerprint, n } of numbered) numbers.set(keyOf(server_id, fingerprint), n);
  };
  if (fresh.length > 0) note(await insertRevisions(query, fresh));
  const known = unnumbered.filter(({ serverId, fingerprint }) => !numbers.has(keyOf(serverId, fingerprint)));
  if (known.length > 0) note(await readNumbers(query, known));
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

/** Answers the numbers of what was not there before. */
async function insertRevisions(query: Query, fresh: readonly FreshRevision[]): Promise<readonly NumberedRevision[]> {
  const rows = await query({
    name: "insert-revisions",
    text: `
      insert into revisions
        (server_id, n, fingerprint, raw, document, verdict, findings, rules_version, first_seen_at)
      select server_id,
        1 + coalesce((select max(n) from revisions where revisions.server_id = fresh.server_id), 0),
        fingerprint, decode(raw, 'base64'), document, verdict, findings, rules_version, ${fromEpochMs("first_seen_at")}
      from json_to_recordset($1) as fresh (server_id bigint, fingerprint text, raw text, document jsonb, verdict text,
        findings jsonb, rules_version integer, first_seen_at double precision)
      on conflict (server_id, fingerprint) do nothing
      returning server_id, fingerprint, n`,
    values: [toJson(fresh.map(toRow))],
  });
  return numberedSchema.parse(rows);
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

const numberedSchema = z.array(z.object({ server_id: z.int(), fingerprint: z.string(), n: z.int() }));
type NumberedRevision = z.infer<typeof numberedSchema>[number];

async function readNumbers(
  query: Query,
  wanted: readonly { readonly serverId: number; readonly fingerprint: string }[],
): Promise<readonly NumberedRevision[]> {
  const rows = await query({
    name: "read-revision-numbers",
    text: `
      select server_id, fingerprint, n from revisions
      join unnest($1::bigint[], $2::text[]) as wanted (server_id, fingerprint) using (server_id, fingerprint)`,
    values: [wanted.map(({ serverId }) => serverId), wanted.map(({ fingerprint }) => fingerprint)],
  });
  return numberedSchema.parse(rows);
}
