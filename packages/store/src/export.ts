import type { Listing } from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { LISTING_COLUMNS, LISTING_SOURCE, listingSchema } from "./listing-row.ts";

export type Export = {
  /** The whole directory by name, read page by page: memory stays flat, and a name added meanwhile may or may not be in it. */
  streamListings(): AsyncGenerator<Listing, void, undefined>;
};

const PAGE_ROWS = 1_000;

const keySchema = z.object({ key: z.string() });

export function createExport(connection: Connection): Export {
  return {
    async *streamListings() {
      let after = "";
      while (true) {
        const rows = await connection.query({
          text: `
            select ${LISTING_COLUMNS} from ${LISTING_SOURCE}
            where server_names.key > $1 order by server_names.key limit $2`,
          values: [after, PAGE_ROWS],
        });
        const last = rows.at(-1);
        if (last === undefined) return;
        after = keySchema.parse(last).key;
        yield* connection.parseRows("servers", listingSchema, rows);
      }
    },
  };
}
