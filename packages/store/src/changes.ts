import type { Change, ChangeKind, Hostname, Instant, Result, ServerKey } from "@switchboard/domain";
import type { CursorError } from "./page.ts";

/** One row of the change feed. */
export type StoredChange = {
  /** Grows with every change, in the order they became visible. */
  readonly seq: number;
  readonly hostname: Hostname;
  /** The directory's names of that hostname. */
  readonly serverNames: readonly ServerKey[];
  readonly at: Instant;
  readonly kind: ChangeKind;
  /** Null where the operator opted out: only the fact stays. */
  readonly change: Change | null;
};

export type ChangeFilter = {
  readonly serverName?: ServerKey;
  readonly kinds?: readonly ChangeKind[];
  /** Only changes at or after this moment. */
  readonly from?: Instant;
  /** `oldest` first is the feed; `newest` first is for reading. */
  readonly order: "oldest" | "newest";
  readonly limit: number;
  readonly cursor?: string;
};

/** `resumeCursor` goes on after the last item, also from an end of the feed where nothing is left yet: it never skips. */
export type ChangePage = {
  readonly items: readonly StoredChange[];
  readonly nextCursor: string | null;
  readonly resumeCursor: string;
};

export type Changes = {
  listChanges(filter: ChangeFilter): Promise<Result<ChangePage, CursorError>>;
};
