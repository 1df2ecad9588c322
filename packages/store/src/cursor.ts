import { err, ok, type Result } from "@switchboard/domain";
import { z } from "zod";
import type { CursorError, Page } from "./page.ts";

/** Where a listing goes on, as clients see it: opaque, and good for this kind of listing only. */
export function toCursor(listing: string, position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify([listing, ...position])).toString("base64url");
}

/** Anybody can write a cursor: Postgres takes neither NUL nor half of a surrogate pair for text. */
const storableText = z.string().refine((text) => text.isWellFormed() && !text.includes("\u0000"));

/** Reads a cursor of this kind of listing. An absent cursor is null: the beginning. */
export function parseCursor<Position extends z.ZodType>(
  listing: string,
  position: Position,
  cursor: string | undefined,
): Result<z.infer<Position> | null, CursorError> {
  if (cursor === undefined) return ok(null);
  const parsed = z.tuple([z.literal(listing)], z.union([z.int(), storableText])).safeParse(decode(cursor));
  const place = parsed.success ? position.safeParse(parsed.data.slice(1)) : parsed;
  if (place.success) return ok(place.data as z.infer<Position>);
  return err({
    code: "foreign-cursor",
    message: "the cursor is not one that this listing gave; leave it out to begin anew",
  });
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}

/**
 * Cuts rows that were read with one more than the limit into a page. The cursor comes from the raw last row, so that a
 * row that does not parse, and is left out, ends no listing.
 */
export function toPage<T>(
  rows: readonly unknown[],
  limit: number,
  read: { parse: (rows: readonly unknown[]) => readonly T[]; cursorOf: (last: unknown) => string },
): Page<T> {
  const shown = rows.slice(0, limit);
  const nextCursor = rows.length > limit && shown.length > 0 ? read.cursorOf(shown.at(-1)) : null;
  return { items: read.parse(shown), nextCursor };
}
