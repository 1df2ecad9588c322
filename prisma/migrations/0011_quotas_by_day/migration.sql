-- Each day by itself: what was held back on one day stays in the statistics when the source is read on the next.
ALTER TABLE name_quotas DROP CONSTRAINT name_quotas_pkey, ADD PRIMARY KEY (source, domain, day);
