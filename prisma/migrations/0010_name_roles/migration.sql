-- The search for a role. By name and by latest change its first page is read off an index, however rare the role is: walking
-- through what changed until twenty of a rare role are found reads tens of thousands of servers.
CREATE TABLE name_roles (
  role text COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  server_id bigint NOT NULL REFERENCES servers (id) ON DELETE CASCADE ON UPDATE CASCADE,
  changed_at timestamptz(3) NOT NULL,
  PRIMARY KEY (role, key)
);
INSERT INTO name_roles (role, key, server_id, changed_at)
SELECT role, key, server_id, coalesce(last_changed_at, 'epoch')
FROM server_names JOIN servers ON servers.id = server_id, unnest(roles) AS role;
CREATE INDEX name_roles_role_changed_at_server_id_key_idx ON name_roles (role, changed_at DESC, server_id DESC, key);
CREATE INDEX name_roles_server_id_idx ON name_roles (server_id);

DROP INDEX server_names_with_roles_idx;
ALTER TABLE server_names DROP COLUMN roles;
