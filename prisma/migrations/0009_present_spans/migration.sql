-- The present span, which every claim reads and every probe moves, stands beside the lease. Only its revision, count and
-- reasons need to: its kind is the server's condition, it began when that did, and ends with the latest probe. The table
-- keeps the spans that are over, which nothing moves any more, and `spans` shows both.
ALTER TABLE schedule
  ADD COLUMN span_revision integer,
  ADD COLUMN span_count integer,
  ADD COLUMN span_reasons jsonb;
UPDATE schedule SET span_revision = spans.revision, span_count = spans.count, span_reasons = spans.reasons
FROM spans WHERE spans.server_id = schedule.server_id AND spans.n = schedule.span;
DELETE FROM spans USING schedule WHERE spans.server_id = schedule.server_id AND spans.n = schedule.span;

ALTER TABLE spans RENAME TO past_spans;
ALTER TABLE past_spans RENAME CONSTRAINT spans_pkey TO past_spans_pkey;
ALTER TABLE past_spans RENAME CONSTRAINT spans_server_id_fkey TO past_spans_server_id_fkey;
ALTER TABLE past_spans RESET (fillfactor, autovacuum_vacuum_scale_factor);

CREATE VIEW spans AS
SELECT server_id, n, kind, revision, first_at, last_at, count, reasons FROM past_spans
UNION ALL
SELECT server_id, span, condition, span_revision, condition_since, last_probed_at, span_count, span_reasons
FROM schedule JOIN servers ON servers.id = server_id WHERE span IS NOT NULL;

-- Nearly every server has one name, its hostname: only of the others need a claim look for the names.
ALTER TABLE schedule ADD COLUMN has_other_names boolean NOT NULL DEFAULT false;
UPDATE schedule SET has_other_names = true
WHERE server_id IN (SELECT server_id FROM server_names JOIN servers ON servers.id = server_id WHERE key <> hostname);
