-- All that a decision needs of a server stands beside the lease, but for the content itself: a claim reads one row of a
-- server, and not one of `servers` besides, a page of its own among a million. The hostname is there, too: it never changes.
ALTER TABLE schedule
  ADD COLUMN hostname text COLLATE "C",
  ADD COLUMN condition text NOT NULL DEFAULT 'unprobed',
  ADD COLUMN condition_reason text,
  ADD COLUMN condition_since timestamptz(3),
  ADD COLUMN answer_findings jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN revision integer,
  ADD COLUMN published_since timestamptz(3),
  ADD COLUMN verdict text,
  ADD COLUMN findings jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN rules_version integer;
UPDATE schedule SET hostname = servers.hostname,
  condition = servers.condition, condition_reason = servers.condition_reason, condition_since = servers.condition_since,
  answer_findings = servers.answer_findings, revision = servers.revision, published_since = servers.published_since,
  verdict = servers.verdict, findings = servers.findings, rules_version = servers.rules_version
FROM servers WHERE servers.id = server_id;
ALTER TABLE schedule ALTER COLUMN hostname SET NOT NULL;

DROP VIEW spans;
ALTER TABLE servers
  DROP COLUMN condition,
  DROP COLUMN condition_reason,
  DROP COLUMN condition_since,
  DROP COLUMN answer_findings,
  DROP COLUMN revision,
  DROP COLUMN published_since,
  DROP COLUMN verdict,
  DROP COLUMN findings,
  DROP COLUMN rules_version;
CREATE VIEW spans AS
SELECT server_id, n, kind, revision, first_at, last_at, count, reasons FROM past_spans
UNION ALL
SELECT server_id, span, condition, span_revision, condition_since, last_probed_at, span_count, span_reasons
FROM schedule WHERE span IS NOT NULL;

-- Both tables hold each row twice by now, or with what was dropped: they are written anew.
CLUSTER schedule USING schedule_pkey;
CLUSTER servers USING servers_pkey;
