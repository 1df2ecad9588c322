import type { Result } from "@switchboard/domain";

/** What one page of a source named, as text that nobody has judged yet. */
export type NamePage = {
  readonly names: readonly string[];
  /** Entries that were not what they should be. */
  readonly malformed: number;
  /** Where to go on after this page in another run; null where the source can only be read from its beginning. */
  readonly cursor: string | null;
};

/** Why a source could not be read on: one line that says what, where, and what to do about it. */
export type SourceFailure = {
  readonly message: string;
  /** How long the source asks to be left alone; null where it does not say. */
  readonly retryAfterMs: number | null;
  /** A cursor of an earlier run may be the reason: to be read from the beginning. */
  readonly isCursorSuspect: boolean;
};

/** A source's pages as they are asked for; a failure is the last item. */
export type SourcePages = AsyncIterable<Result<NamePage, SourceFailure>>;

export function sourceFailure(message: string, more: Partial<Omit<SourceFailure, "message">> = {}): SourceFailure {
  return { message, retryAfterMs: more.retryAfterMs ?? null, isCursorSuspect: more.isCursorSuspect ?? false };
}
