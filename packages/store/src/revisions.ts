import type { Finding, Instant, Result, ServerKey, SupportDocument, Verdict } from "@switchboard/domain";
import type { CursorError, Page } from "./page.ts";

/** One distinct content of a server, without its bytes. Numbered from 1 in the order first seen. */
export type RevisionSummary = {
  readonly revision: number;
  readonly fingerprint: string;
  readonly firstSeenAt: Instant;
  readonly verdict: Verdict;
  readonly rulesVersion: number;
};

/** One revision as served (`raw`) and as parsed. */
export type Revision = RevisionSummary & {
  readonly raw: Uint8Array;
  readonly document: SupportDocument;
  readonly findings: readonly Finding[];
};

export type Revisions = {
  /** A name's revisions, the newest first. */
  listRevisions(
    name: ServerKey,
    page: { limit: number; cursor?: string },
  ): Promise<Result<Page<RevisionSummary>, CursorError>>;
  findRevision(name: ServerKey, revision: number): Promise<Revision | null>;
};
