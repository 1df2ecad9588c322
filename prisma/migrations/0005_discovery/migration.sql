-- When to look for a server name next, and what is known of it. Rewritten by every claim and every discovery: narrow, with
-- room on each page for the next version. Names whose operators opted out have no row.
CREATE TABLE discoveries (
  key text COLLATE "C" PRIMARY KEY REFERENCES server_names (key) ON DELETE CASCADE ON UPDATE CASCADE,
  due_at timestamptz(3) NOT NULL,
  lease_until timestamptz(3),
  lease_token uuid,
  software_name text,
  software_version text COLLATE "C",
  software_key text COLLATE "C",
  software_since timestamptz(3),
  online_since timestamptz(3),
  last_answered_at timestamptz(3),
  last_tried_at timestamptz(3),
  failure text,
  failing_since timestamptz(3),
  failure_count integer NOT NULL DEFAULT 0,
  interval_ms double precision,
  delegated_to text,
  delegation_fresh_until timestamptz(3)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX discoveries_due_at_idx ON discoveries (due_at);
-- The search by software, in the order of its pages, and by the beginning of a version.
CREATE INDEX discoveries_software_key_key_idx ON discoveries (software_key, key);
CREATE INDEX discoveries_software_key_software_version_idx ON discoveries (software_key, software_version);

-- What a server ran before what it runs now: a row when the software changes, none when it does not.
CREATE TABLE software_spans (
  key text COLLATE "C" NOT NULL REFERENCES server_names (key) ON DELETE CASCADE ON UPDATE CASCADE,
  n integer NOT NULL,
  name text NOT NULL,
  version text,
  first_at timestamptz(3) NOT NULL,
  last_at timestamptz(3) NOT NULL,
  PRIMARY KEY (key, n)
);

-- Not all at once: a directory of a million names is looked at in a day.
INSERT INTO discoveries (key, due_at)
SELECT key, date_trunc('milliseconds', now()) + random() * interval '1 day'
FROM server_names JOIN servers ON servers.id = server_names.server_id
WHERE opted_out_at IS NULL;
