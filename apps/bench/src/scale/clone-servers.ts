import type { Client } from "pg";
import { seededRandom } from "./seeded-random.ts";
import type { TemplateServer } from "./template-servers.ts";

/** One table whose rows belong to a server: through which column, and how its rows are copied. */
type Table = {
  readonly name: string;
  readonly columns: readonly Column[];
  /** `server_id` where rows name the server, else the column that holds a server name's key. */
  readonly owner: string;
};
type Column = { readonly name: string; readonly type: string; readonly identity: boolean };

const CONSONANTS = "bcdfghjklmnprstvw";
const VOWELS = "aeiou";
const CLONES_A_STATEMENT = 50_000;

/**
 * Copies the templates until the directory holds `servers`, each copy with a label of its own in every name, address and
 * document, and its clocks moved back by a random part of its revisit interval: as if it were looked at in the middle of a
 * long crawl. Which tables there are, and of which columns, is read from the database: whatever the store keeps of a
 * server is copied. `servers` is a multiple of the number of templates.
 */
export async function cloneServers(options: {
  readonly client: Client;
  readonly templates: readonly TemplateServer[];
  readonly servers: number;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, templates, servers, onProgress, signal } = options;
  await client.query("set synchronous_commit = off; set work_mem = '128MB'; set maintenance_work_mem = '512MB'");
  await planClones(client, templates, servers);
  const tables = await readTables(client);
  const restore = await dropConstraintsAndIndexes(client);
  for (const table of tables) {
    const copy = buildCopy(table);
    for (let first = 1; first <= servers; first += CLONES_A_STATEMENT) {
      signal.throwIfAborted();
      await client.query(copy, [first, first + CLONES_A_STATEMENT]);
      onProgress(`filling ${table.name}: ${Math.min(servers, first + CLONES_A_STATEMENT)} of ${servers} servers`);
    }
  }
  for (const statement of restore) {
    signal.throwIfAborted();
    onProgress(statement.replace(/ (?:ON|FOREIGN).*/s, "").toLowerCase());
    await client.query(statement);
  }
  onProgress("counting and analyzing");
  await client.query("select setval(pg_get_serial_sequence('servers', 'id'), (select max(id) from servers))");
  await client.query("drop table bench_clones");
  // As many of each template: every tally has grown in step.
  await client.query("update tallies set count = count * $1", [servers / templates.length]);
  await client.query("vacuum analyze");
}

/** A temporary table of the clones to be: its number, its template, its label, and how far its clocks are moved back. */
async function planClones(client: Client, templates: readonly TemplateServer[], servers: number): Promise<void> {
  await client.query(
    "create table bench_clones (server_id bigint primary key, template_id bigint, marker text, label text, shift interval)",
  );
  const { rows } = await client.query<{ id: number; hostname: string }>("select id::int, hostname from servers");
  const idOf = new Map(rows.map(({ id, hostname }) => [hostname, id]));
  const labels = uniqueLabels(servers);
  const plan = labels.map((label, place) => ({ label, template: templates[place % templates.length] }));
  for (let first = templates.length; first < servers; first += CLONES_A_STATEMENT) {
    const batch = plan.slice(first, first + CLONES_A_STATEMENT);
    await client.query(
      `insert into bench_clones
      select plan.server_id, template_id, marker, label, random() * greatest(interval '0', due_at - now())
      from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) as plan (server_id, template_id, marker, label)
        join schedule on schedule.server_id = template_id`,
      [
        batch.map((_, place) => first + place + 1),
        batch.map(({ template }) => idOf.get(template?.hostname ?? "")),
        batch.map(({ template }) => template?.marker),
        batch.map(({ label }) => label),
      ],
    );
  }
}

/** Pronounceable labels of two to four syllables, some in two words: trigrams repeat among them as they do among real names. */
function uniqueLabels(count: number): readonly string[] {
  const random = seededRandom(20_260_101);
  const pick = (letters: string) => letters[Math.floor(random() * letters.length)] ?? "a";
  const word = (syllables: number) =>
    Array.from(
      { length: syllables },
      () => pick(CONSONANTS) + pick(VOWELS) + (random() < 0.3 ? pick("nrslt") : ""),
    ).join("");
  const labels = new Set<string>();
  while (labels.size < count) {
    labels.add(random() < 0.2 ? `${word(2)}-${word(2)}` : word(3 + Math.floor(random() * 2)));
  }
  return [...labels];
}

/** `servers`, and each table with a foreign key to it or to the names. */
async function readTables(client: Client): Promise<readonly Table[]> {
  const { rows } = await client.query<{ name: string; owner: string; columns: Column[] }>(`
    with owned as (
      select 'servers' as name, 'id' as owner
      union
      select conrelid::regclass::text, attname from pg_constraint
        join pg_attribute on attrelid = conrelid and attnum = conkey[1]
      where contype = 'f' and confrelid in ('servers'::regclass, 'server_names'::regclass)
    )
    select owned.name, owner, json_agg(json_build_object('name', column_name, 'type', udt_name, 'identity', is_identity = 'YES')
      order by ordinal_position) as columns
    from owned join information_schema.columns on table_schema = 'public' and table_name = owned.name and is_generated = 'NEVER'
    group by owned.name, owner order by owned.name = 'servers' desc, owned.name = 'server_names' desc, owned.name`);
  return rows;
}

function buildCopy({ name, columns, owner }: Table): string {
  // An identity of its own numbers itself.
  const copied = columns.filter((column) => !column.identity || column.name === owner);
  const values = copied.map((column) =>
    column.name === owner && owner !== "key" ? "clone.server_id" : buildValue(column),
  );
  const at = copied.find((column) => column.name === "at");
  const isByName = owner !== "id" && owner !== "server_id";
  const source = isByName
    ? `server_names join bench_clones as clone on clone.template_id = server_names.server_id join ${name} as template on template.${owner} = server_names.key`
    : `bench_clones as clone join ${name} as template on template.${owner} = clone.template_id`;
  return `
    insert into ${name} (${copied.map((column) => column.name).join(", ")})
    select ${values.join(", ")} from ${source}
    where clone.server_id >= $1 and clone.server_id < $2
    order by ${at === undefined ? "" : `${buildValue(at)}, `}clone.server_id`;
}

function buildValue({ name, type }: Column): string {
  const value = `template.${name}`;
  const renamed = (text: string) => `replace(${text}, clone.marker, clone.label)`;
  if (name === "fingerprint") return `encode(sha256(convert_to(${value} || clone.label, 'UTF8')), 'hex')`;
  if (type === "timestamptz") return `${value} - clone.shift`;
  if (type === "text") return renamed(value);
  if (type === "jsonb") return `${renamed(`${value}::text`)}::jsonb`;
  if (type === "bytea") return `convert_to(${renamed(`convert_from(${value}, 'UTF8')`)}, 'UTF8')`;
  return value;
}

/** What is built faster once over all rows than row by row. Answers the statements that bring it back. */
async function dropConstraintsAndIndexes(client: Client): Promise<readonly string[]> {
  const { rows: keys } = await client.query<{ drop: string; add: string }>(`
    select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
      format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
    from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace`);
  const { rows: indexes } = await client.query<{ drop: string; add: string }>(`
    select format('drop index %s', indexrelid::regclass) as drop, pg_get_indexdef(indexrelid) as add
    from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'public'::regnamespace and not indisprimary
      and not exists (select from pg_constraint where conindid = indexrelid)`);
  for (const { drop } of [...keys, ...indexes]) await client.query(drop);
  return [...indexes, ...keys].map(({ add }) => add);
}
