import { readdir, readFile } from "node:fs/promises";
import { createStore, migrate } from "@switchboard/store";
import { createTestDatabase } from "@switchboard/testkit";
import pg from "pg";
import { describe, expect, test } from "vitest";

async function withEmptyDatabase(use: (connectionString: string) => Promise<void>): Promise<void> {
  const database = await createTestDatabase({ prepare: async () => undefined });
  try {
    await use(database.connectionString);
  } finally {
    await database.drop();
  }
}

async function query(connectionString: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const folders = (await readdir(new URL("../../../prisma/migrations", import.meta.url), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();

describe("migrations", () => {
  test("are applied once, however many migrate at the same time", async () => {
    await withEmptyDatabase(async (connectionString) => {
      const applied = await Promise.all([1, 2, 3].map(() => migrate({ connectionString })));
      expect(applied.flatMap((one) => one.applied)).toEqual(folders);
      expect(await migrate({ connectionString })).toEqual({ applied: [] });
      const rows = await query(
        connectionString,
        "select migration_name, applied_steps_count, finished_at is not null as finished, length(checksum) as checksum from _prisma_migrations order by 1",
      );
      expect(rows).toEqual(
        folders.map((name) => ({ migration_name: name, applied_steps_count: 1, finished: true, checksum: 64 })),
      );
    });
  });

  test("that are missing make a store unready", async () => {
    await withEmptyDatabase(async (connectionString) => {
      const store = createStore({ connectionString, poolSize: 1, applicationName: "store tests", onBadRow: () => {} });
      await expect(store.checkReady()).rejects.toThrow();
      await migrate({ connectionString });
      await store.checkReady();
      await query(connectionString, "update _prisma_migrations set rolled_back_at = now()");
      await expect(store.checkReady()).rejects.toThrow(`lacks the migrations ${folders.join(", ")}`);
      await store.close();
    });
  });

  test("that an older version does not know stop it", async () => {
    await withEmptyDatabase(async (connectionString) => {
      await migrate({ connectionString });
      await query(
        connectionString,
        "insert into _prisma_migrations (id, checksum, migration_name, applied_steps_count, finished_at) values ('x', 'y', '9999_future', 1, now())",
      );
      // Prisma's own behaviour: it applies what is missing and leaves the future alone.
      expect(await migrate({ connectionString })).toEqual({ applied: [] });
    });
  });
});

/** Runs the SQL of these migrations, one after the other. */
async function apply(connectionString: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await query(
      connectionString,
      await readFile(new URL(`../../../prisma/migrations/${name}/migration.sql`, import.meta.url), "utf8"),
    );
  }
}

test("validators move to the schedule with what they say, and servers without one have none", async () => {
  await withEmptyDatabase(async (connectionString) => {
    const moved = "0003_validators_in_the_schedule";
    await apply(connectionString, folders.slice(0, folders.indexOf(moved)));
    await query(
      connectionString,
      `insert into servers (id, hostname) values (1, 'one.example'), (2, 'two.example'), (3, 'three.example');
      insert into schedule (server_id, due_at) values (1, now()), (2, now()), (3, now());
      insert into deliveries (server_id, delivery, validator) values (1, '{"hops": []}', '{"etag": "a"}'), (2, '{"hops": []}', null)`,
    );
    await apply(connectionString, folders.slice(folders.indexOf(moved)));
    expect(await query(connectionString, "select server_id, validator from schedule order by server_id")).toEqual([
      { server_id: "1", validator: { etag: "a" } },
      { server_id: "2", validator: null },
      { server_id: "3", validator: null },
    ]);
    expect(await query(connectionString, "select server_id, delivery from deliveries order by server_id")).toEqual([
      { server_id: "1", delivery: { hops: [] } },
      { server_id: "2", delivery: { hops: [] } },
    ]);
  });
});

test("present spans move beside the lease, and roles to rows of their own, with all that they say", async () => {
  await withEmptyDatabase(async (connectionString) => {
    const moved = "0009_present_spans";
    await apply(connectionString, folders.slice(0, folders.indexOf(moved)));
    await query(
      connectionString,
      `insert into servers (id, hostname, condition, condition_since, last_changed_at) values
        (1, 'one.example', 'unreachable', '2026-01-03Z', '2026-01-01Z'), (2, 'two.example', 'unprobed', null, null);
      insert into schedule (server_id, due_at, span, last_probed_at) values (1, now(), 2, '2026-01-04Z'), (2, now(), null, null);
      insert into spans values (1, 1, 'document', 1, '2026-01-01Z', '2026-01-02Z', 3, '{}'),
        (1, 2, 'unreachable', null, '2026-01-03Z', '2026-01-04Z', 2, '{"timeout": 2}');
      insert into server_names (key, server_id, roles) values
        ('one.example', 1, '{m.role.admin,m.role.security}'), ('two.example', 2, '{}'), ('two.example:8448', 2, '{}')`,
    );
    const readSpans = (relation: string) => query(connectionString, `select * from ${relation} order by server_id, n`);
    const before = await readSpans("spans");
    await apply(connectionString, folders.slice(folders.indexOf(moved)));
    expect(await readSpans("spans")).toEqual(before);
    expect(await readSpans("past_spans")).toEqual(before.slice(0, 1));
    expect(
      await query(connectionString, "select span_count, has_other_names from schedule order by server_id"),
    ).toEqual([
      { span_count: 2, has_other_names: false },
      { span_count: null, has_other_names: true },
    ]);
    expect(
      await query(
        connectionString,
        "select role, key, changed_at = '2026-01-01Z' as dated from name_roles order by role",
      ),
    ).toEqual(["m.role.admin", "m.role.security"].map((role) => ({ role, key: "one.example", dated: true })));
  });
});

test("the state of a server moves beside its lease, with all that it says", async () => {
  await withEmptyDatabase(async (connectionString) => {
    const moved = "0012_the_state_beside_the_lease";
    await apply(connectionString, folders.slice(0, folders.indexOf(moved)));
    await query(
      connectionString,
      `insert into servers (id, hostname, condition, condition_reason, condition_since, answer_findings, revision,
        published_since, verdict, findings, rules_version, last_changed_at) values
        (1, 'one.example', 'unreachable', 'dns-timeout', '2026-01-03Z', '[{"code": "a"}]', 2, '2026-01-02Z', 'usable', '[{"code": "b"}]', 7, '2026-01-02Z'),
        (2, 'two.example', 'unprobed', null, null, '[]', null, null, null, '[]', null, null);
      insert into schedule (server_id, due_at, span, span_count, span_reasons, last_probed_at) values
        (1, now(), 3, 1, '{"dns-timeout": 1}', '2026-01-03Z'), (2, now(), null, null, null, null)`,
    );
    const readSpans = () => query(connectionString, "select * from spans order by server_id, n");
    const columns =
      "hostname, condition, condition_reason, condition_since, answer_findings, revision, published_since, verdict, findings, rules_version";
    const before = await query(connectionString, `select ${columns} from servers order by id`);
    const spans = await readSpans();
    await apply(connectionString, folders.slice(folders.indexOf(moved)));
    expect(await query(connectionString, `select ${columns} from schedule order by server_id`)).toEqual(before);
    expect(await readSpans()).toEqual(spans);
    expect(spans).toHaveLength(1);
    expect(await query(connectionString, "select hostname from servers where last_changed_at = '2026-01-02Z'")).toEqual(
      [{ hostname: "one.example" }],
    );
  });
});
