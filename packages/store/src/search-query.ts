import { addMs } from "@switchboard/domain";
import { cleanText } from "./clean-text.ts";
import type { Statement } from "./connection.ts";
import { contactKeysOf } from "./contact-key.ts";
import { toTimestamp } from "./moment.ts";
import type { ListingSearch, SearchPosition } from "./search.ts";

/** Trigrams need three characters: under that, only a prefix can be found without reading everything. */
const SUBSTRING_CHARACTERS = 3;

/** Values of a statement, numbered as they are used. */
type Values = { readonly list: unknown[]; use(value: unknown): string };

function createValues(): Values {
  const list: unknown[] = [];
  return { list, use: (value) => `$${list.push(value)}` };
}

const CONFIRMED = "coalesce(schedule.last_confirmed_at, 'epoch'::timestamptz)";
const CHANGED = "coalesce(servers.last_changed_at, 'epoch'::timestamptz)";

/** What a search is ordered by. `moment` is 'epoch' for what never happened, which puts it last; the indexes are made on these words. */
const ORDERS = {
  name: { moment: "'epoch'::timestamptz", by: "server_names.key" },
  confirmed: { moment: CONFIRMED, by: `${CONFIRMED} desc, schedule.server_id desc, server_names.key` },
  changed: { moment: CHANGED, by: `${CHANGED} desc, servers.id desc, server_names.key` },
} as const;

/** Only the tables that a search looks at: a join to a million rows is not free because nobody reads it. */
function buildJoins({ sort, freshness, software }: Pick<ListingSearch, "sort" | "freshness" | "software">): string {
  const joins: string[] = [];
  if (software !== undefined) joins.push("join discoveries on discoveries.key = server_names.key");
  if (sort === "changed" || freshness !== undefined) joins.push("join servers on servers.id = server_names.server_id");
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
  const { moment, by } = ORDERS[search.sort];
  const stretches = buildStretches(search, values);
  const parts = buildMatches(search, values).flatMap((match) => stretches.map((stretch) => [...match, ...stretch]));
  const branches = parts.map((part) => {
    const conditions = [...part, ...filters];
    return `
      (select server_names.key as row_id, server_names.key, server_names.server_id, ${moment} as moment
      from server_names ${buildJoins(search)}
      ${conditions.length > 0 ? `where ${conditions.join(" and ")}` : ""}
      order by ${by} limit ${limit})`;
  });
  const [only, ...others] = branches;
  if (only !== undefined && others.length === 0) return { text: only, values: values.list };
  const order = search.sort === "name" ? "key" : "moment desc, server_id desc, key";
  return { text: `${branches.join(" union ")} order by ${order} limit ${limit}`, values: values.list };
}

/** The ways `q` can match, as conditions; each is a query of its own, because no index serves an OR across tables. */
function buildMatches({ q, contactMatch }: ListingSearch, values: Values): readonly (readonly string[])[] {
  if (q === undefined) return [[]];
  const text = cleanText(q).toLowerCase();
  const pattern = escapeLike(text);
  if ([...text].length < SUBSTRING_CHARACTERS) return [[`server_names.key like ${values.use(`${pattern}%`)}`]];
  const useSubstring = () => values.use(`%${pattern}%`);
  if (contactMatch === "substring") {
    const substring = useSubstring();
    return [[`(server_names.key like ${substring} or server_names.contact_text like ${substring})`]];
  }
  const { column, key } = contactKeysOf(cleanText(q));
  const named = `exists (
    select from contacts where contacts.server_id = server_names.server_id and ${column} = ${values.use(key)})`;
  // No server name has an at sign: the many that share their letters with what stands around it need not be looked at.
  return text.includes("@") ? [[named]] : [[`server_names.key like ${useSubstring()}`], [named]];
}

/**
 * Where in the order of changes the stale can be. Content changes when it is confirmed, so the stale changed as long ago,
 * and nothing newer need be looked through; only a withdrawal because of unusable answers confirms nothing.
 */
function buildStretches({ sort, freshness }: ListingSearch, values: Values): readonly (readonly string[])[] {
  if (sort !== "changed" || freshness?.state !== "stale") return [[]];
  const staleBefore = values.use(toTimestamp(addMs(freshness.now, -freshness.policy.staleAfterMs)));
  return [[`${CHANGED} < ${staleBefore}`], [`${CHANGED} >= ${staleBefore}`, `servers.withdrawn_at >= ${staleBefore}`]];
}

function buildFilters(
  { role, condition, freshness, software, sort }: ListingSearch,
  values: Values,
): readonly string[] {
  const filters: string[] = [];
  if (software !== undefined) {
    const { name, version } = software;
    filters.push(`discoveries.software_key = lower(${values.use(cleanText(name))})`);
    if (version !== "")
      filters.push(`discoveries.software_version like ${values.use(`${escapeLike(cleanText(version))}%`)}`);
  }
  if (role !== undefined) filters.push(`server_names.roles @> array[${values.use(cleanText(role))}]`);
  // True of them all, and said for the sake of an index on the names of servers with roles: reading all others by name takes too long.
  if (role !== undefined && sort === "name") filters.push("server_names.roles <> '{}'");
  if (condition !== undefined) filters.push(`server_names.condition = ${values.use(condition)}`);
  if (freshness !== undefined) filters.push(buildFreshness(freshness, values));
  return filters;
}

/** The domain's `freshnessOf`, said in SQL; a test holds the two together. */
function buildFreshness({ state, now, policy }: NonNullable<ListingSearch["freshness"]>, values: Values): string {
  const trouble = `(servers.condition in ('unreachable', 'refused', 'unusable')
    or servers.condition = 'absent' and servers.revision is not null)`;
  if (state === "unknown") return `${CONFIRMED} = 'epoch'`;
  const staleBefore = values.use(toTimestamp(addMs(now, -policy.staleAfterMs)));
  if (state === "stale") return `${CONFIRMED} > 'epoch' and ${CONFIRMED} < ${staleBefore}`;
  const freshFrom = values.use(toTimestamp(addMs(now, -policy.freshForMs)));
  if (state === "fresh") return `${CONFIRMED} >= ${freshFrom} and ${CONFIRMED} >= ${staleBefore} and not ${trouble}`;
  return `${CONFIRMED} >= ${staleBefore} and (${CONFIRMED} < ${freshFrom} or ${trouble})`;
}

function buildPosition({ sort }: ListingSearch, position: SearchPosition | null, values: Values): readonly string[] {
  if (position === null) return [];
  const [moment, serverId, key] = position;
  if (sort === "name") return [`server_names.key > ${values.use(key)}`];
  const column = ORDERS[sort].moment;
  const id = sort === "confirmed" ? "schedule.server_id" : "servers.id";
  const at = values.use(toTimestamp(moment));
  const server = values.use(serverId);
  // The first comparison is the index's own order; the second lets the names of one server go on where the page ended.
  return [
    `(${column}, ${id}) <= (${at}, ${server})`,
    `((${column}, ${id}) < (${at}, ${server}) or server_names.key > ${values.use(key)})`,
  ];
}

/** A statement for the names whose first label looks like `q`'s, the most alike first; null where `q` is too short to tell, or is an address. */
export function buildSimilar(search: ListingSearch & { readonly q: string }): Statement | null {
  const [label = ""] = cleanText(search.q).toLowerCase().split(".");
  // No name looks like a mail address or a Matrix ID, and the many that are called what stands before a dot cost the most.
  if ([...label].length < SUBSTRING_CHARACTERS || label.includes("@")) return null;
  const values = createValues();
  const wanted = values.use(label);
  const first = "split_part(server_names.key, '.', 1)";
  const conditions = [`${first} % ${wanted}`, ...buildFilters(search, values)];
  const text = `
    select server_names.key as row_id, server_names.key
    from server_names ${buildJoins({ ...search, sort: "name" })}
    where ${conditions.join(" and ")}
    order by similarity(${first}, ${wanted}) desc, server_names.key limit ${values.use(search.limit)}`;
  return { text, values: values.list };
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, "\\$&");
}
