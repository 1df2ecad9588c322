import type { Result } from "@switchboard/domain";
import type { CursorError } from "@switchboard/store";
import { RequestProblem } from "./request-problem.ts";

/** The page, or the problem of a cursor that is not ours. */
export function unwrapPage<Page>(
  result: Result<Page, CursorError>,
  given: string | undefined,
  field: "cursor" | "since",
): Page {
  if (result.ok) return result.value;
  const fix = `Leave ${field} out to begin at the first page, and follow the cursors of the answers as they are.`;
  throw new RequestProblem({
    slug: "invalid-cursor",
    detail: result.error.message,
    errors: [{ field, value: given?.slice(0, 100) ?? null, detail: "is not a cursor of this list", fix }],
  });
}

/** Page parameters as the store takes them: an absent cursor is no member. */
export function toPaging({ limit, cursor }: { limit: number; cursor?: string | undefined }): {
  limit: number;
  cursor?: string;
} {
  return cursor === undefined ? { limit } : { limit, cursor };
}
