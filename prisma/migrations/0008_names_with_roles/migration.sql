-- The search for a role by name: most names have none, and need not be read on the way to those that have.
CREATE INDEX server_names_with_roles_idx ON server_names (key) WHERE roles <> '{}';
