import { randomUUID } from "node:crypto";
import type { Instant, SourceSummary } from "@switchboard/domain";
import { z } from "zod";
import { toSource } from "./candidates.ts";
import { cleanText, toJson } from "./clean-text.ts";
import type { Connection } from "./connection.ts";
import { instantSchema } from "./stored-json.ts";

/** A source as it is configured: what it is called, what it is, and how long after a reading the next one is due. */
export type ScheduledSource = { readonly source: string; readonly kind: string; readonly everyMs: number };

/** A source lent to one reader. Only the holder of `token` may save how far it got. */
export type SourceLease = {
  readonly source: string;
  readonly token: string;
  /** Where an earlier reading stopped, if that was less than a day ago. */
  readonly cursor: string | null;
};

/** What became of the last reading of a source, or how far the present one is. */
export type SourceRun = {
  readonly source: string;
  readonly kind: string;
  /** Null: on nobody's schedule. */
  readonly dueAt: Instant | null;
  readonly startedAt: Instant | null;
  /** Null while the first reading is under way. */
  readonly finishedAt: Instant | null;
  readonly isRunning: boolean;
  readonly summary: SourceSummary | null;
  /** One line; null where all went well. */
  readonly error: string | null;
};

export type SourceRuns = {
  /** Puts sources on the schedule: a new one is due now, one that was read before when its time has passed. */
  scheduleSources(sources: readonly ScheduledSource[]): Promise<void>;
  /** Lends one of these sources that is due, the longest overdue first; null where none is. */
  claimDueSource(sources: readonly string[], leaseMs: number): Promise<SourceLease | null>;
  /** Lends this source, due or not; null where somebody else is reading it. */
  claimSource(source: Pick<ScheduledSource, "source" | "kind">, leaseMs: number): Promise<SourceLease | null>;
  /** Saves how far a reading got, and keeps the lease for `leaseMs` more. False where the lease is somebody else's by now. */
  saveSourceRun(
    lease: Pick<SourceLease, "source" | "token">,
    progress: { readonly summary: SourceSummary; readonly cursor: string | null; readonly leaseMs: number },
  ): Promise<boolean>;
  /** Ends a reading and gives the lease back. `nextInMs` null leaves the schedule as it was. False as above. */
  endSourceRun(
    lease: Pick<SourceLease, "source" | "token">,
    end: {
      readonly summary: SourceSummary;
      readonly cursor: string | null;
      readonly error: string | null;
      readonly nextInMs: number | null;
    },
  ): Promise<boolean>;
  /** Every source that was ever scheduled or read, by name. */
  listSourceRuns(): Promise<readonly SourceRun[]>;
};

const MAX_ERROR_CHARACTERS = 500;
const MAX_CURSOR_CHARACTERS = 4_096;

const leaseSchema = z.object({ source: z.string(), cursor: z.string().nullable() });
const count = z.int().nonnegative();
const summarySchema = z.object({
  pages: count,
  heard: count,
  added: count,
  known: count,
  optedOut: count,
  heldBack: count,
  setAside: z.record(z.string(), count),
}) satisfies z.ZodType<SourceSummary>;
const runSchema = z
  .object({
    source: z.string(),
    kind: z.string(),
    due_at: instantSchema.nullable(),
    started_at: instantSchema.nullable(),
    finished_at: instantSchema.nullable(),
    is_running: z.boolean(),
    result: summarySchema.nullable(),
    error: z.string().nullable(),
  })
  .transform(({ due_at, started_at, finished_at, is_running, result, ...row }) => ({
    ...row,
    dueAt: due_at,
    startedAt: started_at,
    finishedAt: finished_at,
    isRunning: is_running,
    summary: result,
  }));

const FREE = "(lease_until is null or lease_until <= now())";
/** A list changes: after a day its old pages are none to go on from. */
const CURSOR = "case when cursor_at > now() - interval '1 day' then cursor end as cursor";

export function createSourceRuns(connection: Connection): SourceRuns {
  const { query } = connection;
  return {
    async scheduleSources(sources) {
      const sorted = [...sources].sort((one, other) => (one.source < other.source ? -1 : 1));
      await query({
        text: `
          insert into source_runs (source, kind, due_at)
          select source, kind, now() from unnest($1::text[], $2::text[]) as given (source, kind)
          on conflict (source) do nothing`,
        values: [sorted.map(({ source }) => toSource(source)), sorted.map(({ kind }) => kind)],
      });
      // A shorter interval counts from the last reading on; a longer one from the next.
      await query({
        text: `
          update source_runs set kind = given.kind,
            due_at = least(due_at, coalesce(finished_at + every_ms * interval '1 millisecond', now()))
          from unnest($1::text[], $2::text[], $3::float8[]) as given (source, kind, every_ms)
          where source_runs.source = given.source`,
        values: [
          sorted.map(({ source }) => toSource(source)),
          sorted.map(({ kind }) => kind),
          sorted.map(({ everyMs }) => everyMs),
        ],
      });
    },

    async claimDueSource(sources, leaseMs) {
      const token = randomUUID();
      const rows = await query({
        text: `
          update source_runs set lease_until = now() + $2 * interval '1 millisecond', lease_token = $3, started_at = now()
          where source = (
            select source from source_runs where source = any($1) and due_at <= now() and ${FREE}
            order by due_at limit 1 for update skip locked
          )
          returning source, ${CURSOR}`,
        values: [sources.map(toSource), leaseMs, token],
      });
      return toLease(rows, token);
    },

    async claimSource({ source, kind }, leaseMs) {
      const token = randomUUID();
      const rows = await query({
        text: `
          insert into source_runs (source, kind, lease_until, lease_token, started_at)
          values ($1, $2, now() + $3 * interval '1 millisecond', $4, now())
          on conflict (source) do update set kind = excluded.kind, lease_until = excluded.lease_until,
            lease_token = excluded.lease_token, started_at = excluded.started_at
            where source_runs.lease_until is null or source_runs.lease_until <= now()
          returning source, ${CURSOR}`,
        values: [toSource(source), kind, leaseMs, token],
      });
      return toLease(rows, token);
    },

    async saveSourceRun({ source, token }, { summary, cursor, leaseMs }) {
      const rows = await query({
        text: `
          update source_runs set result = $3, cursor = $4, cursor_at = now(),
            lease_until = now() + $5 * interval '1 millisecond'
          where source = $1 and lease_token = $2 returning 1`,
        values: [toSource(source), token, toJson(summary), toStorable(cursor), leaseMs],
      });
      return rows.length === 1;
    },

    async endSourceRun({ source, token }, { summary, cursor, error, nextInMs }) {
      const rows = await query({
        text: `
          update source_runs set result = $3, cursor = $4, cursor_at = now(), error = $5,
            finished_at = date_trunc('milliseconds', now()),
            due_at = coalesce(date_trunc('milliseconds', now()) + $6 * interval '1 millisecond', due_at),
            lease_until = null, lease_token = null
          where source = $1 and lease_token = $2 returning 1`,
        values: [
          toSource(source),
          token,
          toJson(summary),
          toStorable(cursor),
          error === null ? null : cleanText(error).slice(0, MAX_ERROR_CHARACTERS).toWellFormed(),
          nextInMs,
        ],
      });
      return rows.length === 1;
    },

    async listSourceRuns() {
      const rows = await query({
        text: `
          select source as row_id, source, kind, due_at, started_at, finished_at, not ${FREE} as is_running, result, error
          from source_runs order by source`,
      });
      return connection.parseRows("source_runs", runSchema, rows);
    },
  };
}

function toLease(rows: readonly unknown[], token: string): SourceLease | null {
  const [row] = z.array(leaseSchema).parse(rows);
  return row === undefined ? null : { ...row, token };
}

/** A cursor is what a foreign server sent: one that Postgres cannot hold is none to go on from. */
function toStorable(cursor: string | null): string | null {
  if (cursor === null || cursor.length > MAX_CURSOR_CHARACTERS) return null;
  return cleanText(cursor) === cursor ? cursor : null;
}
