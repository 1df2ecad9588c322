-- When a source last told of a name, beside when it first did.
ALTER TABLE name_sources ADD COLUMN last_heard_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
UPDATE name_sources SET last_heard_at = heard_at;

-- How many names each source has told of. Counting a million rows for the statistics would take too long.
INSERT INTO tallies (key, count)
SELECT 'source:' || source, count(*) FROM name_sources GROUP BY source
ON CONFLICT (key) DO UPDATE SET count = excluded.count;

-- How many new names a source brought on its latest day, by registered domain ("*": in all), and how many were too many.
CREATE TABLE name_quotas (
  source text COLLATE "C" NOT NULL,
  domain text COLLATE "C" NOT NULL,
  day date NOT NULL,
  taken integer NOT NULL DEFAULT 0,
  held integer NOT NULL DEFAULT 0,
  PRIMARY KEY (source, domain)
);
CREATE INDEX name_quotas_held_idx ON name_quotas (held) WHERE held > 0;

-- Names that a source told of and that nobody could probe, with the reason: a bounded sample, for people to look at.
CREATE TABLE set_aside_names (
  source text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  heard_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_heard_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (source, name)
);
CREATE INDEX set_aside_names_source_heard_at_idx ON set_aside_names (source, heard_at);

-- When each source is to be read, who reads it, and what became of the last time.
CREATE TABLE source_runs (
  source text COLLATE "C" PRIMARY KEY,
  kind text NOT NULL,
  due_at timestamptz(3),
  lease_until timestamptz(3),
  lease_token uuid,
  cursor text,
  cursor_at timestamptz(3),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  result jsonb,
  error text
);
