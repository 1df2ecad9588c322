import type { Change, OutcomeKind, SupportDocument } from "@switchboard/domain";
import type { Store } from "@switchboard/store";
import { Client } from "pg";
import { allChanges } from "./directory.ts";

/** Moments are milliseconds since 1970, by Postgres' clock or a worker's, as they were written. */
export type HostRow = {
  readonly id: number;
  readonly hostname: string;
  readonly condition: string;
  readonly verdict: string | null;
  readonly revision: number | null;
  readonly span: number | null;
  readonly isLent: boolean;
  readonly isDue: boolean;
  readonly dueAt: number | null;
};

export type SpanRow = {
  readonly serverId: number;
  readonly n: number;
  readonly kind: OutcomeKind;
  readonly revision: number | null;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  readonly reasons: Readonly<Record<string, number>>;
};

export type RevisionRow = {
  readonly serverId: number;
  readonly n: number;
  readonly fingerprint: string;
  readonly document: SupportDocument;
  readonly verdict: "valid" | "usable" | "unusable";
};

export type ChangeRow = {
  readonly seq: number;
  readonly serverId: number;
  readonly at: number;
  readonly detail: Change;
};

/** The searchable rows and the tallies, as text, each on a line of its own. */
type ProjectionRows = readonly string[];

/** The whole history of a directory as it lies in the tables, and the feed as a reader gets it. */
export type History = {
  /** When it was read. */
  readonly readAt: number;
  readonly hosts: readonly HostRow[];
  readonly spans: readonly SpanRow[];
  readonly revisions: readonly RevisionRow[];
  readonly changes: readonly ChangeRow[];
  readonly projections: ProjectionRows;
  /** What a rebuild out of servers and revisions makes of the projections. */
  readonly rebuilt: ProjectionRows;
  /** The numbers of the changes, as a reader of the feed gets them page by page. */
  readonly feed: readonly number[];
};

const HOSTS = `
  select server_id::int as id, hostname, condition, verdict, revision, span,
    server_id in (select unnest(held) from leases) as "isLent",
    due_at <= now() as "isDue", ${toMs("due_at")} as "dueAt"
  from schedule order by hostname`;
const SPANS = `
  select server_id::int as "serverId", n, kind, revision, ${toMs("first_at")} as "firstAt", ${toMs("last_at")} as "lastAt",
    count, reasons
  from spans order by server_id, n`;
const REVISIONS = `
  select server_id::int as "serverId", n, fingerprint, document, verdict from revisions order by server_id, n`;
const CHANGES = `select seq::int, server_id::int as "serverId", ${toMs("at")} as at, detail from changes order by seq`;
const PROJECTIONS = `
  select line from (
    select 'contact ' || row_to_json(contacts)::text as line from contacts
    union all select format('name %s %s %s', key, condition, contact_text) from server_names
    union all select 'role ' || row_to_json(name_roles)::text from name_roles
    union all select format('tally %s %s', key, count) from tallies
    union all select format('keys %s %s', hostname, tally_keys) from servers
  ) as lines order by line`;
/** Small, so that even a short feed has many pages. */
const FEED_PAGE = 7;

/** Reads the history of a directory at rest. The projections are rebuilt by it. */
export async function readHistory({
  store,
  databaseUrl,
}: {
  readonly store: Store;
  readonly databaseUrl: string;
}): Promise<History> {
  return withClient(databaseUrl, async (client) => {
    const readProjections = async () =>
      (await client.query<{ line: string }>(PROJECTIONS)).rows.map(({ line }) => line);
    const history = {
      readAt: Date.now(),
      hosts: (await client.query<HostRow>(HOSTS)).rows,
      spans: (await client.query<SpanRow>(SPANS)).rows,
      revisions: (await client.query<RevisionRow>(REVISIONS)).rows,
      changes: (await client.query<ChangeRow>(CHANGES)).rows,
      projections: await readProjections(),
      feed: (await allChanges(store, FEED_PAGE)).map(({ seq }) => seq),
    };
    await store.rebuildProjections();
    return { ...history, rebuilt: await readProjections() };
  });
}

/** The hostnames that are lent out. Throws while anything is still being committed in this directory. */
export async function findLent(databaseUrl: string): Promise<readonly string[]> {
  return withClient(databaseUrl, async (client) => {
    const { rowCount } = await client.query(
      "select from pg_stat_activity where datname = current_database() and state = 'active' and pid <> pg_backend_pid()",
    );
    if (rowCount !== 0) throw new Error("somebody is still writing");
    const text = "select hostname from schedule where server_id in (select unnest(held) from leases)";
    return (await client.query<{ hostname: string }>(text)).rows.map(({ hostname }) => hostname);
  });
}

/** A connection of the test's own, for what no reader of the directory can see. */
export async function withClient<T>(databaseUrl: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl, application_name: "switchboard-test" });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

function toMs(column: string): string {
  return `(extract(epoch from ${column}) * 1000)::float8`;
}
