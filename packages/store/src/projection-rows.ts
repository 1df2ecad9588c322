import { toJson } from "./clean-text.ts";
import type { Query } from "./connection.ts";
import type { ServerProjection } from "./server-projection.ts";

export type ProjectionStep = {
  readonly serverId: number;
  readonly projection: ServerProjection;
  /** Contact rows are left alone, or replaced where published content differs; `new` where nothing was published before. */
  readonly contacts: "unchanged" | "replaced" | "new";
};

const WRITE_PROJECTIONS = `
  with projected as materialized (
    select * from json_to_recordset($1)
      as projected (server_id bigint, condition text, contact_text text, tally_keys text[])
  ), tallied as (
    update servers set tally_keys = projected.tally_keys
    from projected where id = server_id and servers.tally_keys is distinct from projected.tally_keys
  ), found_by_role as (
    insert into name_roles (role, key, server_id, changed_at)
    select role, key, server_id, coalesce(last_changed_at, 'epoch')
    from unnest($2::bigint[], $3::text[]) as published (server_id, role)
      join servers on servers.id = server_id join server_names using (server_id)
  ), found_by_contact as (
    insert into contacts (server_id, position, kind, role, stable_role, value, value_key, value_text, mail_domain)
    select server_id, position, kind, role, stable_role, value, value_key, value_text, mail_domain
    from json_to_recordset($4) as published (server_id bigint, position integer, kind text, role text, stable_role text,
      value text, value_key text, value_text text, mail_domain text)
  )
  update server_names set condition = projected.condition, contact_text = projected.contact_text
  from projected where server_names.server_id = projected.server_id and
    (server_names.condition, server_names.contact_text)
    is distinct from (projected.condition, projected.contact_text)`;

/**
 * Writes what the searchable rows say of these servers, whose own rows must be written before. The tallies themselves are
 * the caller's to move.
 */
export async function writeProjections(query: Query, steps: readonly ProjectionStep[]): Promise<void> {
  if (steps.length === 0) return;
  const replaced = steps.filter(({ contacts }) => contacts === "replaced");
  if (replaced.length > 0) await deletePublished(query, replaced);
  const published = steps.filter(({ contacts }) => contacts !== "unchanged");
  const roles = published.flatMap(({ serverId, projection }) => projection.roles.map((role) => ({ serverId, role })));
  await query({
    name: "write-projections",
    text: WRITE_PROJECTIONS,
    values: [
      toJson(steps.map(toProjectedRow)),
      roles.map(({ serverId }) => serverId),
      roles.map(({ role }) => role),
      toJson(published.flatMap(toContactRows)),
    ],
  });
}

function toProjectedRow({ serverId, projection: { condition, contactText, tallyKeys } }: ProjectionStep) {
  return { server_id: serverId, condition, contact_text: contactText, tally_keys: tallyKeys };
}

function toContactRows({ serverId, projection }: ProjectionStep) {
  return projection.contacts.map(({ position, kind, role, stableRole, value, valueKey, valueText, mailDomain }) => ({
    server_id: serverId,
    position,
    kind,
    role,
    stable_role: stableRole,
    value,
    value_key: valueKey,
    value_text: valueText,
    mail_domain: mailDomain,
  }));
}

async function deletePublished(query: Query, steps: readonly ProjectionStep[]): Promise<void> {
  await query({
    name: "delete-published",
    text: `
      with roles as (delete from name_roles where server_id = any($1))
      delete from contacts where server_id = any($1)`,
    values: [steps.map(({ serverId }) => serverId)],
  });
}
