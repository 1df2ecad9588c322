import { z } from "zod";
import type { Connection, Query } from "./connection.ts";
import { DISCOVERY_TALLY_KEYS } from "./discovery-row.ts";
import { appendToFeed, lockFeed, moveTallies, type TallyDelta } from "./feed.ts";
import { writeProjections } from "./projection-rows.ts";
import { type ProjectedServer, projectServer } from "./server-projection.ts";
import { PUBLISHED_COLUMNS, toPublished } from "./server-state-row.ts";
import { conditionSchema } from "./stored-json.ts";

export type Projections = {
  /** Builds the searchable rows and the tallies anew out of servers and revisions; they come out the same (docs/architecture.md, "History"). */
  rebuildProjections(): Promise<void>;
  /** Gives the space of dead rows back to the hot tables; to be called after a sweep. */
  vacuumHotTables(): Promise<void>;
};

const BATCH_SERVERS = 1_000;

export function createProjections(connection: Connection): Projections {
  return {
    async rebuildProjections() {
      let after: number | null = 0;
      while (after !== null) after = await rebuildBatch(connection, after);
      await connection.transaction(recountTallies);
    },
    async vacuumHotTables() {
      // One by one: VACUUM of several tables holds on to the first while it works on the last.
      for (const table of ["schedule", "leases", "deliveries", "discoveries"])
        await connection.query({ text: `vacuum ${table}` });
    },
  };
}

const serverSchema = z
  .object({
    ...PUBLISHED_COLUMNS,
    id: z.int(),
    condition: conditionSchema,
    condition_reason: z.string().nullable(),
    opted_out: z.boolean(),
    tally_keys: z.array(z.string()),
  })
  .transform((row, context) => {
    const projected: ProjectedServer = {
      published: toPublished(row, context),
      condition: row.condition,
      conditionReason: row.condition_reason,
      standing: row.opted_out ? "opted-out" : "listed",
    };
    return { id: row.id, tallyKeys: row.tally_keys, projected };
  });

/** Rebuilds the servers after this id, one transaction for a batch; answers the last id, or null at the end. */
async function rebuildBatch(connection: Connection, after: number): Promise<number | null> {
  return connection.transaction(async (query) => {
    const ids = z.array(z.object({ server_id: z.int() })).parse(
      await query({
        text: "select server_id from schedule where server_id > $1 order by server_id limit $2 for update",
        values: [after, BATCH_SERVERS],
      }),
    );
    const last = ids.at(-1);
    if (last === undefined) return null;
    const rows = await query({
      text: `
        select servers.hostname as row_id, servers.id, schedule.condition, schedule.condition_reason,
          servers.opted_out_at is not null as opted_out, servers.tally_keys, revisions.fingerprint, revisions.document,
          schedule.verdict, schedule.findings, schedule.rules_version, schedule.published_since
        from servers join schedule on schedule.server_id = servers.id
          left join revisions on revisions.server_id = servers.id and revisions.n = schedule.revision
        where servers.id = any($1)`,
      values: [ids.map(({ server_id }) => server_id)],
    });
    const delta: TallyDelta = new Map();
    const steps = connection.parseRows("servers", serverSchema, rows).map(({ id, tallyKeys, projected }) => {
      const projection = projectServer(projected);
      moveTallies(delta, tallyKeys, projection.tallyKeys);
      return { serverId: id, projection, contacts: "replaced" as const };
    });
    await writeProjections(query, steps);
    await appendToFeed(query, delta, []);
    return last.server_id;
  });
}

/** Counts from the rows themselves. Whoever moved a row and has not counted it yet waits for the lock, and counts it after. */
async function recountTallies(query: Query): Promise<void> {
  await lockFeed(query);
  await query({ text: "delete from tallies" });
  await query({
    text: `
      insert into tallies (key, count)
      select key, count(*) from servers, unnest(tally_keys) as key group by key
      union all
      select 'names', count(*) from server_names having count(*) > 0
      union all
      select 'source:' || source, count(*) from name_sources group by source
      union all
      select tally, count(*) from discoveries, unnest(${DISCOVERY_TALLY_KEYS}) as tally group by tally`,
  });
}
