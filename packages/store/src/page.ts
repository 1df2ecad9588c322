/** One page of a keyset listing. `nextCursor` is null on the last page; cursors are opaque. */
export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };

/** A cursor that this store did not make, or made for another listing. */
export type CursorError = { readonly code: "foreign-cursor"; readonly message: string };
