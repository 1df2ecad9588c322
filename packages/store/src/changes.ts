import {
  type Change,
  type ChangeKind,
  err,
  type Hostname,
  type Instant,
  ok,
  type Result,
  type ServerKey,
} from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { parseCursor, toCursor } from "./cursor.ts";
import { toTimestamp } from "./moment.ts";
import type { CursorError } from "./page.ts";
import { changeKindSchema, changeSchema, hostnameSchema, instantSchema, serverKeySchema } from "./stored-json.ts";

/** One row of the change feed. */
export type StoredChange = {
  /** Grows with every change, in the order they became visible. */
  readonly seq: number;
  readonly hostname: Hostname;
  /** The directory's names of that hostname. */
  readonly serverNames: readonly ServerKey[];
  readonly at: Instant;
  readonly kind: ChangeKind;
  /** Null where the operator opted out: only the fact stays. */
  readonly change: Change | null;
};

export type ChangeFilter = {
  readonly serverName?: ServerKey;
  readonly kinds?: readonly ChangeKind[];
  /** Only changes at or after this moment. */
  readonly from?: Instant;
  /** `oldest` first is the feed; `newest` first is for reading. A cursor belongs to one order. */
  readonly order: "oldest" | "newest";
  readonly limit: number;
  readonly cursor?: string;
};

/** `resumeCursor` goes on with what comes after everything there was (order `oldest`), also from an empty page: it never skips. */
export type ChangePage = {
  readonly items: readonly StoredChange[];
  readonly nextCursor: string | null;
  readonly resumeCursor: string;
};

export type Changes = {
  listChanges(filter: ChangeFilter): Promise<Result<ChangePage, CursorError>>;
};

const storedChangeSchema = z
  .object({
    seq: z.int(),
    hostname: hostnameSchema,
    server_names: z.array(serverKeySchema),
    at: instantSchema,
    kind: changeKindSchema,
    detail: changeSchema.nullable(),
  })
  .transform(
    ({ server_names, detail, ...row }): StoredChange => ({ ...row, serverNames: server_names, change: detail }),
  );

const headSchema = z.object({ head: z.int() });

export function createChanges(connection: Connection): Changes {
  return {
    async listChanges(filter) {
      const { order, limit } = filter;
      const position = parseCursor(`changes-${order}`, z.tuple([z.int()]), filter.cursor);
      if (!position.ok) return err(position.error);
      const from = position.value?.[0] ?? null;
      // Read before the page: all that is numbered up to here is visible (numbers are given out under a lock until commit),
      // so a page that ends short of its limit has seen everything up to this number.
      const [headRow] = await connection.query({ text: "select coalesce(max(seq), 0) as head from changes" });
      const { head } = headSchema.parse(headRow);
      const rows = await connection.query(buildStatement(filter, from));
      const more = rows.length > limit;
      const seqs = z
        .array(z.object({ seq: z.int() }))
        .parse(rows.slice(0, limit))
        .map(({ seq }) => seq);
      const last = seqs.at(-1);
      const resume = order === "oldest" && more && last !== undefined ? last : Math.max(head, from ?? 0, ...seqs);
      return ok({
        items: connection.parseRows("changes", storedChangeSchema, rows.slice(0, limit)),
        nextCursor: more && last !== undefined ? toCursor(`changes-${order}`, [last]) : null,
        resumeCursor: toCursor("changes-oldest", [resume]),
      });
    },
  };
}

function buildStatement({ serverName, kinds, from, order, limit }: ChangeFilter, position: number | null) {
  const values: unknown[] = [];
  const use = (value: unknown) => `$${values.push(value)}`;
  const conditions = ["true"];
  if (position !== null) conditions.push(`seq ${order === "oldest" ? ">" : "<"} ${use(position)}`);
  if (serverName !== undefined) {
    conditions.push(`server_id = (select server_id from server_names where key = ${use(serverName)})`);
  }
  if (kinds !== undefined) conditions.push(`kind = any(${use(kinds)})`);
  if (from !== undefined) conditions.push(`at >= ${use(toTimestamp(from))}`);
  const text = `
    select seq as row_id, seq, hostname, at, kind, detail,
      array(select key from server_names where server_names.server_id = changes.server_id order by key) as server_names
    from changes join servers on servers.id = changes.server_id
    where ${conditions.join(" and ")}
    order by seq ${order === "oldest" ? "asc" : "desc"} limit ${use(limit + 1)}`;
  return { text, values };
}
