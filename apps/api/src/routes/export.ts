import { Readable } from "node:stream";
import {
  type Addresses,
  type ExportRowBody,
  exportColumns,
  exportRowSchema,
  toExportRecords,
  toExportRow,
} from "@switchboard/contract";
import { freshnessOf, type Instant } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { stringify } from "csv-stringify";
import type { FastifyReply } from "fastify";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { findAccess } from "../api-key.ts";
import { problemResponses } from "../problems.ts";

export type ExportRouteOptions = {
  readonly store: Pick<Store, "streamListings" | "findKey">;
  readonly clock: () => Instant;
};

/** The whole directory as a stream, with addresses for holders of an API key only. */
export function buildExportRoutes({ store, clock }: ExportRouteOptions): FastifyPluginAsyncZod {
  async function* streamRows(addresses: Addresses): AsyncGenerator<ExportRowBody, void, undefined> {
    for await (const listing of store.streamListings())
      yield toExportRow(listing, freshnessOf(listing, clock()), addresses);
  }

  return async (app) => {
    app.get(
      "/export.ndjson",
      {
        schema: {
          tags: ["export"],
          summary: "The whole directory, one JSON object a line",
          querystring: z.strictObject({}),
          response: {
            200: { description: "A line a server", content: { "application/x-ndjson": { schema: exportRowSchema } } },
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const rows = streamRows(await findAccess(request, store));
        return sendFile(reply, "switchboard.ndjson", "application/x-ndjson", Readable.from(streamLines(rows)));
      },
    );

    app.get(
      "/export.csv",
      {
        schema: {
          tags: ["export"],
          summary: "The whole directory, one record a contact",
          description: "RFC 4180. A cell that a spreadsheet would run as a formula begins with an apostrophe.",
          querystring: z.strictObject({}),
          response: {
            200: { description: "A header and the records", content: { "text/csv": { schema: z.string() } } },
            ...problemResponses,
          },
        },
      },
      async (request, reply) => {
        const addresses = await findAccess(request, store);
        const csv = stringify({
          header: true,
          columns: [...exportColumns(addresses)],
          record_delimiter: "windows",
          escape_formulas: true,
        });
        const records = Readable.from(streamRecords(streamRows(addresses)));
        records.on("error", (error) => csv.destroy(error));
        csv.on("close", () => records.destroy());
        return sendFile(reply, "switchboard.csv", "text/csv; charset=utf-8; header=present", records.pipe(csv));
      },
    );
  };
}

async function* streamLines(rows: AsyncIterable<ExportRowBody>): AsyncGenerator<string, void, undefined> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}

async function* streamRecords(
  rows: AsyncIterable<ExportRowBody>,
): AsyncGenerator<Record<string, string>, void, undefined> {
  for await (const row of rows) yield* toExportRecords(row);
}

function sendFile(reply: FastifyReply, name: string, contentType: string, stream: Readable): FastifyReply {
  return reply
    .type(contentType)
    .header("content-disposition", `attachment; filename="${name}"`)
    .header("cache-control", "private, no-store")
    .send(stream);
}
