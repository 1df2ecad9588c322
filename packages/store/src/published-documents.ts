import type { Hostname, SupportDocument } from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { documentSchema, hostnameSchema } from "./stored-json.ts";

export type PublishedDocument = { readonly hostname: Hostname; readonly document: SupportDocument };

export type PublishedDocuments = {
  /** What is published now, by hostname: those after `after` (from the beginning for null), at most `limit`. */
  listPublishedDocuments(page: {
    readonly after: string | null;
    readonly limit: number;
  }): Promise<{ readonly documents: readonly PublishedDocument[]; readonly last: string | null }>;
};

const hostnameRowSchema = z.object({ hostname: z.string() });
const rowSchema = z.object({ hostname: hostnameSchema, document: documentSchema });

export function createPublishedDocuments(connection: Connection): PublishedDocuments {
  return {
    async listPublishedDocuments({ after, limit }) {
      const rows = await connection.query({
        text: `
          select servers.hostname as row_id, servers.hostname, revisions.document
          from servers join schedule on schedule.server_id = servers.id
            join revisions on revisions.server_id = servers.id and revisions.n = schedule.revision
          where servers.hostname > $1 order by servers.hostname limit $2`,
        values: [after ?? "", limit],
      });
      // The last row, even where it does not parse: it must not end the reading.
      const last = rows.length < limit ? null : hostnameRowSchema.parse(rows.at(-1)).hostname;
      return { documents: connection.parseRows("revisions", rowSchema, rows), last };
    },
  };
}
