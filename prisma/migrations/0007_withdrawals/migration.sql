-- What is stale by the latest change: the few that were withdrawn after they were last confirmed are found by themselves.
CREATE INDEX servers_withdrawn_at_idx ON servers (withdrawn_at);
