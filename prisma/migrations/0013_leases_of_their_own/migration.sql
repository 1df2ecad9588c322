-- A claim is one row that says whom it lends, in place of a rewrite of every row that it lends: docs/adr/0014.
-- The rows are few and short-lived, and each recorded batch rewrites one of them whole: kept together on a page, cleared early.
CREATE TABLE leases (
  token uuid PRIMARY KEY,
  until timestamptz(3) NOT NULL,
  held bigint[] NOT NULL
) WITH (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

-- What was lent when this ran is due again. Its probes, if any are under way still, are discarded.
ALTER TABLE schedule DROP COLUMN lease_until, DROP COLUMN lease_token;
