import type { Instant, ServerKey, ServerSoftware } from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { toTimestamp } from "./moment.ts";
import { instantSchema } from "./stored-json.ts";

/** What a server ran, from the first to the last answer that said so. */
export type SoftwareSpan = ServerSoftware & { readonly firstAt: Instant; readonly lastAt: Instant };

export type SoftwareHistory = {
  /** What a name ran, the latest first, the present included; at most 101. Empty where it never said. */
  listSoftware(name: ServerKey): Promise<readonly SoftwareSpan[]>;
};

// The present software is not written again with every answer: its span is the row of the discovery itself.
const SOFTWARE_SPANS = `
  select key, name, version, first_at, last_at from software_spans
  union all
  select key, software_name, software_version, software_since, last_answered_at from discoveries
  where software_name is not null`;

const spanSchema = z
  .object({
    name: z.string(),
    version: z.string().nullable(),
    first_at: instantSchema,
    last_at: instantSchema,
  })
  .transform(
    ({ first_at, last_at, ...software }): SoftwareSpan => ({
      ...software,
      firstAt: first_at,
      lastAt: last_at,
    }),
  );

export function createSoftwareHistory(connection: Connection): SoftwareHistory {
  return {
    async listSoftware(name) {
      const rows = await connection.query({
        text: `select key as row_id, spans.* from (${SOFTWARE_SPANS}) as spans where key = $1 order by first_at desc`,
        values: [name],
      });
      return connection.parseRows("software_spans", spanSchema, rows);
    },
  };
}

/** What a name ran at a moment, as far as it was known then; null where it was not. */
export async function findSoftwareAt(
  connection: Connection,
  name: ServerKey,
  at: Instant,
): Promise<SoftwareSpan | null> {
  const rows = await connection.query({
    text: `
      select key as row_id, spans.* from (${SOFTWARE_SPANS}) as spans
      where key = $1 and first_at <= $2 order by first_at desc limit 1`,
    values: [name, toTimestamp(at)],
  });
  return connection.parseRows("software_spans", spanSchema, rows)[0] ?? null;
}
