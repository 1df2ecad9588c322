import { err, ok, type Result, type ServerKey, type Span } from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { parseCursor, toCursor, toPage } from "./cursor.ts";
import type { CursorError, Page } from "./page.ts";
import { instantSchema, outcomeKindSchema, reasonCountsSchema } from "./stored-json.ts";

/** A span as history keeps it; `revision` is the number of the content seen, null where there was none. */
export type StoredSpan = Span & { readonly revision: number | null };

export type Spans = {
  /** A name's availability history, the latest span first. */
  listSpans(name: ServerKey, page: { limit: number; cursor?: string }): Promise<Result<Page<StoredSpan>, CursorError>>;
};

const MAX_SPAN = 2_147_483_647;

const spanSchema = z
  .object({
    kind: outcomeKindSchema,
    fingerprint: z.string().nullable(),
    revision: z.int().nullable(),
    first_at: instantSchema,
    last_at: instantSchema,
    count: z.int(),
    reasons: reasonCountsSchema,
  })
  .transform(({ first_at, last_at, ...row }): StoredSpan => ({ ...row, firstAt: first_at, lastAt: last_at }));
const numberSchema = z.object({ n: z.int() });

export function createSpans(connection: Connection): Spans {
  return {
    async listSpans(name, { limit, cursor }) {
      const before = parseCursor("spans", z.tuple([z.int32()]), cursor);
      if (!before.ok) return err(before.error);
      const rows = await connection.query({
        text: `
          select spans.server_id || '/' || spans.n as row_id, spans.n, kind, fingerprint, revision, first_at, last_at,
            count, reasons
          from spans left join revisions on revisions.server_id = spans.server_id and revisions.n = spans.revision
          where spans.server_id = (select server_id from server_names where key = $1) and spans.n < $2
          order by spans.n desc limit $3`,
        values: [name, before.value?.[0] ?? MAX_SPAN, limit + 1],
      });
      return ok(
        toPage(rows, limit, {
          parse: (shown) => connection.parseRows("spans", spanSchema, shown),
          cursorOf: (last) => toCursor("spans", [numberSchema.parse(last).n]),
        }),
      );
    },
  };
}
