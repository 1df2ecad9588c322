import {
  type Condition,
  err,
  type FreshnessPolicy,
  type FreshnessState,
  type Instant,
  type Listing,
  ok,
  type Result,
  type ServerKey,
  toInstant,
} from "@switchboard/domain";
import { z } from "zod";
import type { Connection, Statement } from "./connection.ts";
import { parseCursor, toCursor, toPage } from "./cursor.ts";
import type { Listings } from "./listings.ts";
import type { CursorError, Page } from "./page.ts";
import { buildSearch, buildSimilar } from "./search-query.ts";
import { serverKeySchema } from "./stored-json.ts";

export type ListingSearch = {
  /** Prefix under 3 characters, substring from 3; typo tolerance on the first label when nothing matched. */
  readonly q?: string;
  /** How `q` is held against contacts: reverse look-up of parts of addresses needs a key (docs/architecture.md, "Names and privacy"). */
  readonly contactMatch: "exact" | "substring";
  /** In its stable spelling. */
  readonly role?: string;
  readonly condition?: Condition;
  /** Servers that are online and say that they run it: the name in any case, and what its version begins with. */
  readonly software?: { readonly name: string; readonly version: string };
  readonly freshness?: { readonly state: FreshnessState; readonly now: Instant; readonly policy: FreshnessPolicy };
  /** `name` ascending; `confirmed` and `changed` latest first, never last. */
  readonly sort: "name" | "confirmed" | "changed";
  readonly limit: number;
  readonly cursor?: string;
};

/** `match`: whether these are real matches of `q`, or names that look like it. */
export type FoundListings = Page<Listing> & { readonly match: "exact" | "similar" };

export type Search = {
  searchListings(search: ListingSearch): Promise<Result<FoundListings, CursorError>>;
};

/** A search for names that look alike is a courtesy: it must not hold up the answer that nothing matched. */
const SIMILAR_TIMEOUT_MS = 100;
/**
 * The shares of trigrams in common to try, in this order. Close names are cheap to find; two neighbouring letters swapped
 * in a name of five leave only a fifth of its trigrams alone, which among a million names may take too long.
 */
const SIMILAR_ENOUGH = [0.45, 0.2] as const;
const QUERY_CANCELED = "57014";

/** The largest moment there is (ECMA-262 §21.4.1.1): a cursor may have been written by anybody. */
const MAX_EPOCH_MS = 8.64e15;

/** Where a search goes on: after this moment (epoch milliseconds; 0 when sorted by name or never), server and name. */
const positionSchema = z.tuple([z.int().min(0).max(MAX_EPOCH_MS).transform(toInstant), z.int(), serverKeySchema]);
export type SearchPosition = z.infer<typeof positionSchema>;

const foundSchema = z.object({ key: serverKeySchema, server_id: z.int(), moment: z.int() });

export function createSearch(connection: Connection, listings: Pick<Listings, "findListings">): Search {
  /** The listings of these names in their order; a row that does not parse is missing and was reported. */
  const readListings = async (names: readonly ServerKey[]) => {
    const found = await listings.findListings(names);
    return names.flatMap((name) => found.get(name) ?? []);
  };
  return {
    async searchListings(search) {
      const position = parseCursor(`search-${search.sort}`, positionSchema, search.cursor);
      if (!position.ok) return err(position.error);
      const rows = await connection.query(buildSearch(search, position.value));
      const page = toPage(rows, search.limit, {
        parse: (shown) => connection.parseRows("server_names", foundSchema, shown),
        cursorOf: (last) => {
          const { moment, server_id, key } = foundSchema.parse(last);
          return toCursor(`search-${search.sort}`, [moment, server_id, key]);
        },
      });
      if (rows.length === 0 && position.value === null && search.q !== undefined) {
        const similar = await findSimilar(connection, { ...search, q: search.q });
        if (similar.length > 0) return ok({ items: await readListings(similar), nextCursor: null, match: "similar" });
      }
      const items = await readListings(page.items.map(({ key }) => key));
      return ok({ items, nextCursor: page.nextCursor, match: "exact" });
    },
  };
}

async function findSimilar(
  connection: Connection,
  search: ListingSearch & { readonly q: string },
): Promise<readonly ServerKey[]> {
  const similar = buildSimilar(search);
  if (similar === null) return [];
  for (const enough of SIMILAR_ENOUGH) {
    const rows = await runBriefly(connection, similar, enough);
    if (rows.length > 0) {
      return connection.parseRows("server_names", z.object({ key: serverKeySchema }), rows).map(({ key }) => key);
    }
  }
  return [];
}

async function runBriefly(connection: Connection, similar: Statement, enough: number): Promise<readonly unknown[]> {
  try {
    return await connection.transaction(async (query) => {
      await query({
        text: "select set_config('statement_timeout', $1, true), set_config('pg_trgm.similarity_threshold', $2, true)",
        values: [String(SIMILAR_TIMEOUT_MS), String(enough)],
      });
      return query(similar);
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === QUERY_CANCELED) return [];
    throw error;
  }
}
