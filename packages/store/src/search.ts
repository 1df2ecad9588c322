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
import type { Connection, Query } from "./connection.ts";
import { parseCursor, toCursor, toPage } from "./cursor.ts";
import type { Listings } from "./listings.ts";
import type { CursorError, Page } from "./page.ts";
import { buildKnownBeginning, buildMistyped, buildSearch, buildSimilar, toTypedName } from "./search-query.ts";
import { serverKeySchema } from "./stored-json.ts";

export type ListingSearch = {
  /** Prefix under 3 characters, substring from 3; when nothing matched, tolerance of typos in the whole name or its first label. */
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

/** Mistyped names are looked up one by one, which takes a few milliseconds; a filter that few names pass may hold it up. */
const MISTYPED_TIMEOUT_MS = 100;
/**
 * A search for names that look alike is a courtesy: it must not hold up the answer that nothing matched. What shares letters
 * with every fifth name (`matrix-server`) would be compared with all of these.
 */
const SIMILAR_TIMEOUT_MS = 30;
/**
 * The share of trigrams in common. A label of seven letters has eight: a quarter would be two of them, and every two are
 * shared by thousands of names; a little more than a quarter are three.
 */
const SIMILAR_ENOUGH = 0.26;
const QUERY_CANCELED = "57014";

/** The largest moment there is (ECMA-262 §21.4.1.1): a cursor may have been written by anybody. */
const MAX_EPOCH_MS = 8.64e15;

/** Where a search goes on: after this moment (epoch milliseconds; 0 when sorted by name or never), server and name. */
const positionSchema = z.tuple([z.int().min(0).max(MAX_EPOCH_MS).transform(toInstant), z.int(), serverKeySchema]);
export type SearchPosition = z.infer<typeof positionSchema>;

const knownSchema = z.object({ characters: z.int() });
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
  const typed = toTypedName(search.q);
  if (typed === null) return [];
  const { name, label } = typed;
  let rows = await runBriefly(connection, MISTYPED_TIMEOUT_MS, async (query) => {
    const [known] = z.tuple([knownSchema]).parse(await query(buildKnownBeginning(name)));
    return query(buildMistyped(search, typed, known.characters));
  });
  if (rows.length === 0 && label !== null) {
    rows = await runBriefly(connection, SIMILAR_TIMEOUT_MS, (query) => query(buildSimilar(search, label)));
  }
  return connection.parseRows("server_names", z.object({ key: serverKeySchema }), rows).map(({ key }) => key);
}

/** Answers nothing where a statement takes longer. */
async function runBriefly(
  connection: Connection,
  timeoutMs: number,
  work: (query: Query) => Promise<readonly unknown[]>,
): Promise<readonly unknown[]> {
  try {
    return await connection.transaction(async (query) => {
      await query({
        text: "select set_config('statement_timeout', $1, true), set_config('pg_trgm.similarity_threshold', $2, true)",
        values: [String(timeoutMs), String(SIMILAR_ENOUGH)],
      });
      return work(query);
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === QUERY_CANCELED) return [];
    throw error;
  }
}
