-- Registrable domains whose operators asked not to be listed: nothing at or under them is probed, known by now or not.
CREATE TABLE domain_opt_outs (
  domain text COLLATE "C" PRIMARY KEY,
  opted_out_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
