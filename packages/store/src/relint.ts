import type { Delivery, Finding, Hostname, Instant, SupportDocument, Verdict } from "@switchboard/domain";
import { z } from "zod";
import { toJson } from "./clean-text.ts";
import type { Connection, Query } from "./connection.ts";
import { appendToFeed, moveTallies, type NewChange, type TallyDelta } from "./feed.ts";
import { type HeldServer, lockHeld, readHeld } from "./held-server.ts";
import { type ProjectionStep, writeProjections } from "./projection-rows.ts";
import { projectServer } from "./server-projection.ts";
import { deliverySchema, documentSchema, hostnameSchema } from "./stored-json.ts";

/** A stored document to be judged again. `delivery` is the latest, given for the published revision only. */
export type StoredDocument = {
  readonly hostname: Hostname;
  readonly raw: Uint8Array;
  readonly delivery: Delivery | null;
};

/** The judgement by the present rules. `document` is null where these rules find nothing usable: then the stored one stays. */
export type Judgement = {
  readonly document: SupportDocument | null;
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
};

export type RelintRequest = {
  readonly judge: (stored: StoredDocument) => Judgement;
  readonly rulesVersion: number;
  readonly batchSize: number;
  readonly clock: () => Instant;
};

export type RelintSummary = { readonly judged: number; readonly verdictsChanged: number };

export type Relint = {
  /** Judges every stored revision of older rules again from its bytes, without a fetch; a changed verdict is a change with the cause `rules`. */
  relint(request: RelintRequest): Promise<RelintSummary>;
};

const placeSchema = z.object({ server_id: z.int(), n: z.int() });
const storedSchema = z.object({
  server_id: z.int(),
  n: z.int(),
  hostname: hostnameSchema,
  raw: z.instanceof(Uint8Array),
  document: documentSchema,
  delivery: deliverySchema.nullable(),
});

/** A stored revision with its new judgement. */
type Judged = z.infer<typeof storedSchema> & { readonly judgement: Judgement };

export function createRelint(connection: Connection): Relint {
  return {
    async relint(request) {
      let after = { server_id: 0, n: 0 };
      let judged = 0;
      let verdictsChanged = 0;
      while (true) {
        const rows = await connection.query({
          text: `
            select servers.hostname || '/' || revisions.n as row_id, revisions.server_id, revisions.n, servers.hostname,
              revisions.raw, revisions.document,
              case when schedule.revision = revisions.n then deliveries.delivery end as delivery
            from revisions join servers on servers.id = revisions.server_id
              join schedule on schedule.server_id = revisions.server_id
              left join deliveries on deliveries.server_id = servers.id
            where revisions.rules_version < $1 and (revisions.server_id, revisions.n) > ($2, $3)
            order by revisions.server_id, revisions.n limit $4`,
          values: [request.rulesVersion, after.server_id, after.n, request.batchSize],
        });
        const last = rows.at(-1);
        if (last === undefined) return { judged, verdictsChanged };
        after = placeSchema.parse(last);
        const batch = connection
          .parseRows("revisions", storedSchema, rows)
          .map((stored) => ({ ...stored, judgement: request.judge(stored) }));
        judged += batch.length;
        verdictsChanged += await connection.transaction((query) => writeBatch(connection, query, batch, request));
      }
    },
  };
}

async function writeBatch(
  connection: Connection,
  query: Query,
  batch: readonly Judged[],
  { rulesVersion, clock }: RelintRequest,
): Promise<number> {
  const serverIds = [...new Set(batch.map(({ server_id }) => server_id))];
  await lockHeld(query, serverIds);
  const held = await readHeld(connection, query, serverIds);
  const entries = batch.flatMap((judged) => {
    const before = held.get(judged.server_id);
    return before === undefined ? [] : [{ judged, before }];
  });
  await writeRevisions(query, entries, rulesVersion);
  // A probe may have published something else, or judged it already, since the batch was read.
  const published = entries.filter(
    ({ judged, before }) => before.revision === judged.n && (before.rulesVersion ?? rulesVersion) < rulesVersion,
  );
  await writePublished(query, published, rulesVersion);
  const delta: TallyDelta = new Map();
  const changes: NewChange[] = [];
  const projections: ProjectionStep[] = [];
  for (const { judged, before } of published) {
    const { verdict, findings, document } = judged.judgement;
    const projection = projectServer({
      published: { document: document ?? judged.document, verdict, findings },
      condition: before.condition,
      conditionReason: before.conditionReason,
      standing: "listed",
    });
    projections.push({ serverId: before.id, projection, contacts: "replaced" });
    moveTallies(delta, before.tallyKeys, projection.tallyKeys);
    if (before.verdict === null || before.verdict === verdict) continue;
    const change = { kind: "verdict-changed", before: before.verdict, after: verdict, cause: "rules" } as const;
    changes.push({ serverId: before.id, at: clock(), change });
  }
  await writeProjections(query, projections);
  await appendToFeed(query, delta, changes);
  return changes.length;
}

type Entry = { readonly judged: Judged; readonly before: HeldServer };

async function writeRevisions(query: Query, entries: readonly Entry[], rulesVersion: number): Promise<void> {
  await query({
    text: `
      update revisions set verdict = judged.verdict, findings = judged.findings::jsonb,
        document = judged.document::jsonb, rules_version = $6
      from unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[])
        as judged (server_id, n, verdict, findings, document)
      where revisions.server_id = judged.server_id and revisions.n = judged.n`,
    values: [
      entries.map(({ before }) => before.id),
      entries.map(({ judged }) => judged.n),
      entries.map(({ judged }) => judged.judgement.verdict),
      entries.map(({ judged }) => toJson(judged.judgement.findings)),
      entries.map(({ judged }) => toJson(judged.judgement.document ?? judged.document)),
      rulesVersion,
    ],
  });
}

async function writePublished(query: Query, entries: readonly Entry[], rulesVersion: number): Promise<void> {
  await query({
    text: `
      update schedule set verdict = judged.verdict, findings = judged.findings::jsonb, rules_version = $4, version = version + 1
      from unnest($1::bigint[], $2::text[], $3::text[]) as judged (server_id, verdict, findings)
      where schedule.server_id = judged.server_id`,
    values: [
      entries.map(({ before }) => before.id),
      entries.map(({ judged }) => judged.judgement.verdict),
      entries.map(({ judged }) => toJson(judged.judgement.findings)),
      rulesVersion,
    ],
  });
}
