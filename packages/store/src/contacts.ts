import { err, ok, type Result, type ServerKey } from "@switchboard/domain";
import { z } from "zod";
import { cleanText } from "./clean-text.ts";
import type { Connection } from "./connection.ts";
import { contactKeysOf } from "./contact-key.ts";
import { parseCursor, toCursor, toPage } from "./cursor.ts";
import type { CursorError, Page } from "./page.ts";
import { serverKeySchema } from "./stored-json.ts";

/** One contact method as a server publishes it now. */
export type FoundContact = {
  readonly serverName: ServerKey;
  readonly role: string | null;
  readonly stableRole: string | null;
  readonly kind: "matrix_id" | "email_address";
  readonly value: string;
};

export type ContactSearch = {
  /** A mail address, Matrix ID or mail domain; a part of one where `match` is `substring` (at least 3 characters). */
  readonly q: string;
  readonly match: "exact" | "substring";
  readonly limit: number;
  readonly cursor?: string;
};

export type Contacts = {
  /** Which servers name this contact: reverse look-up. Localparts compare exactly in an exact match, domains by key. */
  findContacts(search: ContactSearch): Promise<Result<Page<FoundContact>, CursorError>>;
};

/** Server, place in its document, kind, name. */
const positionSchema = z.tuple([z.int(), z.int32(), z.string(), z.string()]);

const placeSchema = z
  .object({ server_id: z.int(), position: z.int(), kind: z.string(), key: z.string() })
  .transform(({ server_id, position, kind, key }) => [server_id, position, kind, key] as const);

const foundSchema = z
  .object({
    key: serverKeySchema,
    role: z.string().nullable(),
    stable_role: z.string().nullable(),
    kind: z.enum(["matrix_id", "email_address"]),
    value: z.string(),
  })
  .transform(({ key, stable_role, ...row }): FoundContact => ({ ...row, serverName: key, stableRole: stable_role }));

export function createContacts(connection: Connection): Contacts {
  return {
    async findContacts(search) {
      const position = parseCursor("contacts", positionSchema, search.cursor);
      if (!position.ok) return err(position.error);
      const { condition, value } = toCondition(search);
      const [serverId, place, kind, key] = position.value ?? [0, 0, "", ""];
      // The order is that of the indexes, so that a mail domain with a hundred thousand servers needs no sort.
      const rows = await connection.query({
        text: `
          select server_id || '/' || position as row_id, server_id, position, key, role, stable_role, kind, value
          from contacts join server_names using (server_id)
          where ${condition} and server_id >= $2 and (server_id, position, kind, key) > ($2, $3, $4, $5)
          order by server_id, position, kind, key limit $6`,
        values: [value, serverId, place, kind, key, search.limit + 1],
      });
      const page = toPage(rows, search.limit, {
        parse: (shown) => connection.parseRows("contacts", foundSchema, shown),
        cursorOf: (last) => toCursor("contacts", placeSchema.parse(last)),
      });
      return ok(page);
    },
  };
}

function toCondition({ q, match }: ContactSearch): { condition: string; value: string } {
  if (match === "exact") {
    const { column, key } = contactKeysOf(cleanText(q));
    return { condition: `${column} = $1`, value: key };
  }
  const pattern = cleanText(q)
    .toLowerCase()
    .replaceAll(/[\\%_]/g, "\\$&");
  return { condition: "value_text like $1", value: `%${pattern}%` };
}
