-- By what an operator's wish to be left alone was seen, null where there is none.
ALTER TABLE servers ADD COLUMN opted_out_by text;
-- Until now only the command line could say so. Which of them it meant as a whole domain's is told by the domains.
UPDATE servers SET opted_out_by = CASE
  WHEN EXISTS (
    SELECT FROM domain_opt_outs
    WHERE rtrim(hostname, '.') = domain OR right(rtrim(hostname, '.'), length(domain) + 1) = '.' || domain
  ) THEN 'domain' ELSE 'command' END
WHERE opted_out_at IS NOT NULL;
ALTER TABLE servers ADD CONSTRAINT servers_opted_out_by_check CHECK ((opted_out_at IS NULL) = (opted_out_by IS NULL));
