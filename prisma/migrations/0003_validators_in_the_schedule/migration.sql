-- A claim reads a server's validator and nothing else of its delivery: beside the lease it costs no look-up of its own.
ALTER TABLE schedule ADD COLUMN validator jsonb;
UPDATE schedule SET validator = deliveries.validator
FROM deliveries WHERE deliveries.server_id = schedule.server_id AND deliveries.validator IS NOT NULL;
ALTER TABLE deliveries DROP COLUMN validator;
