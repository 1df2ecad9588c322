import type { Canary, ServerKey } from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { instantSchema } from "./stored-json.ts";

export type Canaries = {
  /** What came of the canary of this name; null where the directory does not know it, or it is opted out. */
  readCanary(name: ServerKey): Promise<Canary | null>;
};

const canarySchema = z
  .object({
    first_seen_at: instantSchema,
    last_probed_at: instantSchema.nullable(),
    last_change_at: instantSchema.nullable(),
  })
  .transform(
    (row): Canary => ({
      addedAt: row.first_seen_at,
      lastProbedAt: row.last_probed_at,
      lastChangeAt: row.last_change_at,
    }),
  );

export function createCanaries(connection: Connection): Canaries {
  return {
    async readCanary(name) {
      // The feed itself is asked, not what the server's row says of it: the canary is there to see that it arrives.
      const rows = await connection.query({
        text: `
          select key as row_id, first_seen_at, last_probed_at,
            (select at from changes where changes.server_id = id and kind in ('document-published', 'support-page-changed')
              order by seq desc limit 1) as last_change_at
          from server_names join servers on id = server_id join schedule using (server_id)
          where key = $1 and opted_out_at is null`,
        values: [name],
      });
      return connection.parseRows("server_names", canarySchema, rows)[0] ?? null;
    },
  };
}
