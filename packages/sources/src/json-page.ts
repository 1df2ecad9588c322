import { err, ok, type Result } from "@switchboard/domain";
import { z } from "zod";
import { type SourceFailure, sourceFailure } from "./name-page.ts";

/** Parses a page as a whole: what is not of this shape is no page of this source. */
export function parsePage<Schema extends z.ZodType>(
  schema: Schema,
  page: unknown,
  { url, what }: { readonly url: URL; readonly what: string },
): Result<z.infer<Schema>, SourceFailure> {
  const parsed = schema.safeParse(page);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? "the answer" : issue.path.map(String).join(".");
  return err(
    sourceFailure(
      `${url.origin}${url.pathname} did not answer with ${what}: ${place} is not what it should be. Check the address.`,
      { isCursorSuspect: false },
    ),
  );
}

/** Ten times what is asked for. Working through a page must not keep the process from everything else it does. */
const MAX_ENTRIES = 5_000;

/** Entries one by one: one that is not of this shape, or one too many, is counted and the others are taken. */
export function parseEntries<Schema extends z.ZodType>(
  schema: Schema,
  entries: readonly unknown[],
): { readonly good: z.infer<Schema>[]; readonly malformed: number } {
  const good = entries.slice(0, MAX_ENTRIES).flatMap((entry) => {
    const parsed = schema.safeParse(entry);
    return parsed.success ? [parsed.data] : [];
  });
  return { good, malformed: entries.length - good.length };
}

/** A token for the next page: servers write them as texts or as numbers; null and "" mean that there is none. */
export const pageToken = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((token) => (token === null || token === undefined || token === "" ? null : String(token)));
