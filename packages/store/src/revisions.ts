import {
  err,
  type Finding,
  type Instant,
  ok,
  type Result,
  type ServerKey,
  type SupportDocument,
  type Verdict,
} from "@switchboard/domain";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { parseCursor, toCursor, toPage } from "./cursor.ts";
import type { CursorError, Page } from "./page.ts";
import { documentSchema, findingsSchema, instantSchema, verdictSchema } from "./stored-json.ts";

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

const summaryColumns = {
  n: z.int(),
  fingerprint: z.string(),
  first_seen_at: instantSchema,
  verdict: verdictSchema,
  rules_version: z.int(),
};
const numberSchema = z.object({ n: z.int() });
const summarySchema = z.object(summaryColumns);
const revisionSchema = z.object({
  ...summaryColumns,
  raw: z.instanceof(Uint8Array),
  document: documentSchema,
  findings: findingsSchema,
});

const MAX_REVISION = 2_147_483_647;

const SUMMARY = `
  select server_id || '/' || n as row_id, n, fingerprint, revisions.first_seen_at, verdict, rules_version`;
const SOURCE = "from revisions join server_names using (server_id) where server_names.key = $1";

export function createRevisions(connection: Connection): Revisions {
  return {
    async listRevisions(name, { limit, cursor }) {
      const before = parseCursor("revisions", z.tuple([z.int32()]), cursor);
      if (!before.ok) return err(before.error);
      const rows = await connection.query({
        text: `${SUMMARY} ${SOURCE} and n < $2 order by n desc limit $3`,
        values: [name, before.value?.[0] ?? MAX_REVISION, limit + 1],
      });
      return ok(
        toPage(rows, limit, {
          parse: (shown) => connection.parseRows("revisions", summarySchema, shown).map(toSummary),
          cursorOf: (last) => toCursor("revisions", [numberSchema.parse(last).n]),
        }),
      );
    },
    async findRevision(name, revision) {
      if (!Number.isInteger(revision) || revision < 1 || revision > MAX_REVISION) return null;
      const rows = await connection.query({
        text: `${SUMMARY}, raw, document, findings ${SOURCE} and n = $2`,
        values: [name, revision],
      });
      const [found] = connection.parseRows("revisions", revisionSchema, rows);
      if (found === undefined) return null;
      const { raw, document, findings } = found;
      return { ...toSummary(found), raw, document, findings };
    },
  };
}

function toSummary(row: z.infer<typeof summarySchema>): RevisionSummary {
  const { n, fingerprint, first_seen_at, verdict, rules_version } = row;
  return { revision: n, fingerprint, firstSeenAt: first_seen_at, verdict, rulesVersion: rules_version };
}
