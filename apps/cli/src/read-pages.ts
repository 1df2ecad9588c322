import type { Result } from "@switchboard/domain";
import type { CursorError } from "@switchboard/store";

const PAGE_SIZE = 500;

type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };
type PageRequest = { readonly limit: number; readonly cursor?: string };

/** Every item of a keyset listing, page by page. */
export async function* readPages<T>(
  read: (request: PageRequest) => Promise<Result<Page<T>, CursorError>>,
): AsyncGenerator<T, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: Result<Page<T>, CursorError> = await read({
      limit: PAGE_SIZE,
      ...(cursor === null ? {} : { cursor }),
    });
    // The cursor is the one the page before gave: should it be refused, that is a bug.
    if (!page.ok) throw new Error(page.error.message);
    yield* page.value.items;
    cursor = page.value.nextCursor;
  } while (cursor !== null);
}
