import { err, type Hostname, type Instant, ok, type RegistrableDomain, type Result } from "@switchboard/domain";
import { z } from "zod";
import { toSource } from "./candidates.ts";
import { cleanText } from "./clean-text.ts";
import type { Connection, Query } from "./connection.ts";
import { parseCursor, toCursor, toPage } from "./cursor.ts";
import { isOptedOut, isUnder } from "./opted-out-hostnames.ts";
import type { CursorError, Page } from "./page.ts";
import { instantSchema } from "./stored-json.ts";

/** A name that a source told of and that nobody could probe. */
export type SetAsideName = {
  readonly source: string;
  /** As heard, cut to 100 characters. */
  readonly name: string;
  /** The code and the message of the parser's error. */
  readonly code: string;
  readonly reason: string;
  readonly heardAt: Instant;
  readonly lastHeardAt: Instant;
};

export type SetAsideNames = {
  /**
   * Keeps names with the reasons why they cannot be probed. Of a source at most 1,000 new ones a day are kept, and each
   * for 30 days after it was last heard of: whoever floods us must not fill the disk. What names a host whose operator
   * opted out is not kept.
   */
  setNamesAside(
    source: string,
    names: readonly { readonly name: string; readonly code: string; readonly reason: string }[],
  ): Promise<void>;
  /** By source and name; of one source, where one is given. */
  listSetAside(page: {
    readonly limit: number;
    readonly cursor?: string;
    readonly source?: string;
  }): Promise<Result<Page<SetAsideName>, CursorError>>;
};

const MAX_KEPT_A_DAY = 1_000;
const KEPT_DAYS = 30;
const MAX_NAME_CHARACTERS = 100;
const MAX_REASON_CHARACTERS = 300;

/** The host that a text names, in whatever shape it was set aside: with a scheme, a port that is none, a trailing dot. */
const HOST = `case when name like '[%' then lower(split_part(name, ']', 1)) || ']'
  else rtrim(regexp_replace(lower(name), '^[a-z][a-z0-9+.-]*://|[:/?#].*$', '', 'g'), '.') end`;

const LISTING = "set-aside";
const position = z.tuple([z.string(), z.string()]);
const placeSchema = z.object({ source: z.string(), name: z.string() });
const rowSchema = z
  .object({
    source: z.string(),
    name: z.string(),
    code: z.string(),
    reason: z.string(),
    heard_at: instantSchema,
    last_heard_at: instantSchema,
  })
  .transform(({ heard_at, last_heard_at, ...row }) => ({ ...row, heardAt: heard_at, lastHeardAt: last_heard_at }));

export function createSetAsideNames(connection: Connection): SetAsideNames {
  return {
    async setNamesAside(source, names) {
      if (names.length === 0) return;
      const kept = new Map(
        names.map(({ name, code, reason }) => [
          cleanText(name).slice(0, MAX_NAME_CHARACTERS).toWellFormed(),
          { code, reason: cleanText(reason).slice(0, MAX_REASON_CHARACTERS).toWellFormed() },
        ]),
      );
      const entries = [...kept].sort(([one], [other]) => (one < other ? -1 : 1));
      await connection.transaction(async (query) => {
        await query({
          text: "delete from set_aside_names where source = $1 and last_heard_at < now() - $2 * interval '1 day'",
          values: [toSource(source), KEPT_DAYS],
        });
        await query({
          text: `
            with heard as (
              select name, code, reason from unnest($2::text[], $3::text[], $4::text[]) as heard (name, code, reason)
              cross join lateral (select ${HOST} as host) as named
              where not ${isOptedOut("host")}
            ), again as (
              update set_aside_names set last_heard_at = now(), code = heard.code, reason = heard.reason
              from heard where source = $1 and set_aside_names.name = heard.name
              returning heard.name
            )
            insert into set_aside_names (source, name, code, reason)
            select $1, name, code, reason from heard where name not in (select name from again)
            order by name
            limit greatest(0, $5 - (
              select count(*) from set_aside_names where source = $1 and heard_at >= date_trunc('day', now(), 'UTC')
            ))
            on conflict (source, name) do nothing`,
          values: [
            toSource(source),
            entries.map(([name]) => name),
            entries.map(([, { code }]) => code),
            entries.map(([, { reason }]) => reason),
            MAX_KEPT_A_DAY,
          ],
        });
      });
    },

    async listSetAside({ limit, cursor, source }) {
      const after = parseCursor(LISTING, position, cursor);
      if (!after.ok) return err(after.error);
      const rows = await connection.query({
        text: `
          select source || ' ' || name as row_id, source, name, code, reason, heard_at, last_heard_at
          from set_aside_names
          where (source, name) > ($1, $2) and ($3::text is null or source = $3)
          order by source, name limit $4`,
        values: [...(after.value ?? ["", ""]), source ?? null, limit + 1],
      });
      return ok(
        toPage(rows, limit, {
          parse: (shown) => connection.parseRows("set_aside_names", rowSchema, shown),
          cursorOf: (last) => {
            const place = placeSchema.parse(last);
            return toCursor(LISTING, [place.source, place.name]);
          },
        }),
      );
    },
  };
}

/** Forgets what was set aside and named one of these hosts. */
export async function forgetSetAside(query: Query, hostnames: readonly Hostname[]): Promise<void> {
  await query({ text: `delete from set_aside_names where ${HOST} = any($1)`, values: [hostnames] });
}

/** Forgets what was set aside and named a host at or under this domain. */
export async function forgetSetAsideUnder(query: Query, domain: RegistrableDomain): Promise<void> {
  await query({
    text: `
      delete from set_aside_names
      where exists (select from (select ${HOST} as host) as named where ${isUnder("host", "$1")})`,
    values: [domain],
  });
}
