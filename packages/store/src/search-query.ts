import { addMs } from "@switchboard/domain";
import { cleanText } from "./clean-text.ts";
import type { Statement } from "./connection.ts";
import { contactKeysOf } from "./contact-key.ts";
import { toTimestamp } from "./moment.ts";
import type { ListingSearch, SearchPosition } from "./search.ts";
import { withOneSlip } from "./typos.ts";

/** Trigrams need three characters: under that, only a prefix can be found without reading everything. */
const SUBSTRING_CHARACTERS = 3;

/**
 * So many of a substring's first characters are what the indexes of trigrams are asked for. Names differ most where they
 * begin; an address begins as others do, and its index is a fraction of the other's size.
 */
const INDEXED_CHARACTERS = { "server_names.key": 12, "server_names.contact_text": 30 } as const;

/** Values of a statement, numbered as they are used. */
type Values = { readonly list: unknown[]; use(value: unknown): string };

function createValues(): Values {
  const list: unknown[] = [];
  return { list, use: (value) => `$${list.push(value)}` };
}

const CONFIRMED = "coalesce(schedule.last_confirmed_at, 'epoch'::timestamptz)";

/** The columns of a search's order: descending moments, `epoch` for what never happened, then servers, then names. */
type Order = { readonly moment: string; readonly server: string };

/** The indexes are made on these words. Those of a role are in the order of changes themselves. */
function orderOf({ sort, role }: Pick<ListingSearch, "sort" | "role">): Order | null {
  if (sort === "name") return null;
  if (sort === "confirmed") return { moment: CONFIRMED, server: "schedule.server_id" };
  return role === undefined
    ? { moment: "coalesce(servers.last_changed_at, 'epoch'::timestamptz)", server: "servers.id" }
    : { moment: "name_roles.changed_at", server: "name_roles.server_id" };
}

/** Only the tables that a search looks at: a join to a million rows is not free because nobody reads it. */
function buildJoins({
  sort,
  role,
  freshness,
  software,
}: Pick<ListingSearch, "sort" | "role" | "freshness" | "software">): string {
  const joins: string[] = [];
  if (role !== undefined) joins.push("join name_roles on name_roles.key = server_names.key");
  if (software !== undefined) joins.push("join discoveries on discoveries.key = server_names.key");
  if (sort === "changed" && (role === undefined || freshness?.state === "stale"))
    joins.push("join servers on servers.id = server_names.server_id");
  if (sort === "confirmed" || freshness !== undefined) {
    joins.push("join schedule on schedule.server_id = server_names.server_id");
  }
  return joins.join(" ");
}

/** A statement for one page and one row more, answering key, server_id and moment. */
export function buildSearch(search: ListingSearch, position: SearchPosition | null): Statement {
  const values = createValues();
  const filters = [...buildFilters(search, values), ...buildPosition(search, position, values)];
  const limit = values.use(search.limit + 1);
  const order = orderOf(search);
  const moment = order?.moment ?? "'epoch'::timestamptz";
  const by = order === null ? "" : `${order.moment} desc, ${order.server} desc, `;
  const stretches = buildStretches(search, values);
  const parts = buildMatches(search, values).flatMap((match) => stretches.map((stretch) => [...match, ...stretch]));
  const branches = parts.map((part) => {
    const conditions = [...part, ...filters];
    return `
      (select server_names.key as row_id, server_names.key, server_names.server_id, ${moment} as moment
      from server_names ${buildJoins(search)}
      ${conditions.length > 0 ? `where ${conditions.join(" and ")}` : ""}
      order by ${by}server_names.key limit ${limit})`;
  });
  const [only, ...others] = branches;
  if (only !== undefined && others.length === 0) return { text: only, values: values.list };
  const overall = order === null ? "key" : "moment desc, server_id desc, key";
  return { text: `${branches.join(" union ")} order by ${overall} limit ${limit}`, values: values.list };
}

/** The ways `q` can match, as conditions; each is a query of its own, because no index serves an OR across tables. */
function buildMatches({ q, contactMatch }: ListingSearch, values: Values): readonly (readonly string[])[] {
  if (q === undefined) return [[]];
  const text = cleanText(q).toLowerCase();
  if ([...text].length < SUBSTRING_CHARACTERS) return [[`server_names.key like ${values.use(`${escapeLike(text)}%`)}`]];
  if (contactMatch === "substring") {
    const columns = ["server_names.key", "server_names.contact_text"] as const;
    return [[`(${columns.map((column) => buildContains(column, text, values)).join(" or ")})`]];
  }
  const { column, key } = contactKeysOf(cleanText(q));
  const named = `exists (
    select from contacts where contacts.server_id = server_names.server_id and ${column} = ${values.use(key)})`;
  // No server name has an at sign: the many that share their letters with what stands around it need not be looked at.
  return text.includes("@") ? [[named]] : [[buildContains("server_names.key", text, values)], [named]];
}

/**
 * The condition that a column contains the text. An index of trigrams reads all rows of each trigram that it is asked for,
 * and a whole name has a dozen that half of all names share: where a text is long the index is asked for every third of
 * its beginning, and what it finds is held against the whole. Few contain a long text; they are looked for first, since the
 * planner, who may take them for many, would read all names in their order until it has come upon enough.
 */
function buildContains(column: keyof typeof INDEXED_CHARACTERS, text: string, values: Values): string {
  const atMost = INDEXED_CHARACTERS[column];
  if ([...text].length <= atMost) return `${column} like ${values.use(`%${escapeLike(text)}%`)}`;
  const characters = [...text].slice(0, atMost);
  const pieces = characters.flatMap((_, place) => (place % 3 === 0 ? characters.slice(place, place + 3).join("") : []));
  const loose = values.use(`%${pieces.map(escapeLike).join("%")}%`);
  return `server_names.key = any(array(
    select key from server_names where ${column} like ${loose} and strpos(${column}, ${values.use(text)}) > 0))`;
}

/**
 * Where in the order of changes the stale can be. Content changes when it is confirmed, so the stale changed as long ago,
 * and nothing newer need be looked through; only a withdrawal because of unusable answers confirms nothing.
 */
function buildStretches(search: ListingSearch, values: Values): readonly (readonly string[])[] {
  const { sort, freshness } = search;
  const order = orderOf(search);
  if (order === null || sort !== "changed" || freshness?.state !== "stale") return [[]];
  const staleBefore = values.use(toTimestamp(addMs(freshness.now, -freshness.policy.staleAfterMs)));
  return [
    [`${order.moment} < ${staleBefore}`],
    [`${order.moment} >= ${staleBefore}`, `servers.withdrawn_at >= ${staleBefore}`],
  ];
}

function buildFilters({ role, condition, freshness, software }: ListingSearch, values: Values): readonly string[] {
  const filters: string[] = [];
  if (software !== undefined) {
    const { name, version } = software;
    filters.push(`discoveries.software_key = lower(${values.use(cleanText(name))})`);
    if (version !== "")
      filters.push(`discoveries.software_version like ${values.use(`${escapeLike(cleanText(version))}%`)}`);
  }
  if (role !== undefined) filters.push(`name_roles.role = ${values.use(cleanText(role))}`);
  if (condition !== undefined) filters.push(`server_names.condition = ${values.use(condition)}`);
  if (freshness !== undefined) filters.push(buildFreshness(freshness, values));
  return filters;
}

/** The domain's `freshnessOf`, said in SQL; a test holds the two together. */
function buildFreshness({ state, now, policy }: NonNullable<ListingSearch["freshness"]>, values: Values): string {
  const trouble = `(schedule.condition in ('unreachable', 'refused', 'unusable')
    or schedule.condition = 'absent' and schedule.revision is not null)`;
  if (state === "unknown") return `${CONFIRMED} = 'epoch'`;
  const staleBefore = values.use(toTimestamp(addMs(now, -policy.staleAfterMs)));
  if (state === "stale") return `${CONFIRMED} > 'epoch' and ${CONFIRMED} < ${staleBefore}`;
  const freshFrom = values.use(toTimestamp(addMs(now, -policy.freshForMs)));
  if (state === "fresh") return `${CONFIRMED} >= ${freshFrom} and ${CONFIRMED} >= ${staleBefore} and not ${trouble}`;
  return `${CONFIRMED} >= ${staleBefore} and (${CONFIRMED} < ${freshFrom} or ${trouble})`;
}

function buildPosition(search: ListingSearch, position: SearchPosition | null, values: Values): readonly string[] {
  if (position === null) return [];
  const [moment, serverId, key] = position;
  const order = orderOf(search);
  if (order === null) return [`server_names.key > ${values.use(key)}`];
  const { moment: column, server: id } = order;
  const at = values.use(toTimestamp(moment));
  const server = values.use(serverId);
  // The first comparison is the index's own order; the second lets the names of one server go on where the page ended.
  return [
    `(${column}, ${id}) <= (${at}, ${server})`,
    `((${column}, ${id}) < (${at}, ${server}) or server_names.key > ${values.use(key)})`,
  ];
}

/** What may be a mistyped name, and its first label: null where that is too short to tell. */
export type TypedName = { readonly name: string; readonly label: string | null };

/** Null where `q` is too short to tell, or is an address: no name looks like a mail address or a Matrix ID. */
export function toTypedName(q: string): TypedName | null {
  const name = cleanText(q).toLowerCase();
  const [label = ""] = name.split(".");
  const isTelling = (text: string) => [...text].length >= SUBSTRING_CHARACTERS;
  return isTelling(name) && !name.includes("@") ? { name, label: isTelling(label) ? label : null } : null;
}

/** Behind so many characters no slip is looked for: hardly a name is that long, and a text may be. */
const SLIP_CHARACTERS = 64;

/** A statement for how many of a text's first characters are those of some name, as far as slips are looked for: `characters`. */
export function buildKnownBeginning(text: string): Statement {
  return {
    text: `
      select count(*) as characters
      from generate_series(1, least(length($1), ${SLIP_CHARACTERS})) as place cross join lateral (
        select from server_names where key >= left($1, place) and key < left($1, place) || '~' limit 1) as known`,
    values: [text],
  };
}

/**
 * A statement for the names that are one slip away from what was typed, and those whose first label is: first the whole names,
 * then the most alike. Every way to have meant it is looked up in the index of names, where those with the same first label
 * stand together; so it does not matter how many share letters with it. The limits make the planner look up each by itself: of an
 * `any` it would estimate every member, and for a filter that few pass it would rather read all who do.
 */
export function buildMistyped(search: ListingSearch, { name, label }: TypedName, known: number): Statement {
  const values = createValues();
  const names = values.use(withOneSlip(name, known));
  const labels = values.use(label === null ? [] : withOneSlip(label, known));
  const limit = values.use(search.limit);
  const filters = buildFilters(search, values).map((filter) => ` and ${filter}`);
  const source = `server_names ${buildJoins({ ...search, sort: "name" })}`;
  const text = `
    select key as row_id, key
    from (
      select named.key, true as is_whole from unnest(${names}::text[]) as meant (name) cross join lateral (
        select server_names.key from ${source} where server_names.key = meant.name${filters.join("")} limit 1) as named
      union all
      select named.key, false from unnest(${labels}::text[]) as meant (label) cross join lateral (
        select server_names.key from ${source}
        where server_names.key > meant.label || '.' and server_names.key < meant.label || '/'${filters.join("")}
        order by server_names.key limit ${limit}) as named
    ) as found
    group by key
    order by bool_or(is_whole) desc, similarity(${firstLabelOf("key")}, ${values.use(label ?? "")}) desc, key limit ${limit}`;
  return { text, values: values.list };
}

/** A statement for the names whose first label shares enough trigrams with the one typed, the most alike first. */
export function buildSimilar(search: ListingSearch, label: string): Statement {
  const values = createValues();
  const wanted = values.use(label);
  const first = firstLabelOf("server_names.key");
  const conditions = [`${first} % ${wanted}`, ...buildFilters(search, values)];
  const text = `
    select server_names.key as row_id, server_names.key
    from server_names ${buildJoins({ ...search, sort: "name" })}
    where ${conditions.join(" and ")}
    order by similarity(${first}, ${wanted}) desc, server_names.key limit ${values.use(search.limit)}`;
  return { text, values: values.list };
}

/** The words that the index of first labels' trigrams is made on. */
function firstLabelOf(column: string): string {
  return `split_part(${column}, '.', 1)`;
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
