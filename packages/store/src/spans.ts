import type { Result, ServerKey, Span } from "@switchboard/domain";
import type { CursorError, Page } from "./page.ts";

/** A span as history keeps it; `revision` is the number of the content seen, null where there was none. */
export type StoredSpan = Span & { readonly revision: number | null };

export type Spans = {
  /** A name's availability history, the latest span first. */
  listSpans(name: ServerKey, page: { limit: number; cursor?: string }): Promise<Result<Page<StoredSpan>, CursorError>>;
};
