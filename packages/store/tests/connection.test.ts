import { createTestDatabase } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Connection, createConnection } from "../src/connection.ts";

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let connection: Connection;
beforeAll(async () => {
  database = await createTestDatabase({ prepare: async () => undefined });
  connection = createConnection({
    connectionString: database.connectionString,
    poolSize: 2,
    applicationName: "store tests",
    onBadRow: () => undefined,
  });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

test("a connection cut in the middle of a transaction fails that transaction, and nothing else", async () => {
  const work = connection.transaction(async (query) => {
    const [row] = await query({ text: "select pg_backend_pid() as pid" });
    // As when Postgres is stopped: between two statements of ours.
    await connection.query({
      text: "select pg_terminate_backend($1)",
      values: [row?.["pid"]],
    });
    await query({ text: "select pg_sleep(1)" });
  });
  await expect(work).rejects.toThrow(/terminat/);
  expect(await connection.transaction((query) => query({ text: "select 1 as one" }))).toEqual([{ one: 1 }]);
});

test("a process that is frozen in a transaction does not hold its locks for long", async () => {
  const [setting] = await connection.transaction((query) =>
    query({ text: "show idle_in_transaction_session_timeout" }),
  );
  expect(setting).toEqual({ idle_in_transaction_session_timeout: "10s" });
});

test("rows are told one by one, and what is thrown over one comes out at the end and takes the transaction back", async () => {
  const count = { text: "select n from generate_series(1, $1::int) as n", values: [3] };
  const told: unknown[] = [];
  await connection.transaction((_query, forEachRow) => forEachRow(count, (row) => told.push(row)));
  expect(told).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);

  await connection.query({ text: "create table kept (n int)" });
  const heard: unknown[] = [];
  const work = connection.transaction(async (query, forEachRow) => {
    await query({ text: "insert into kept values (1)" });
    await forEachRow(count, ({ n }) => {
      heard.push(n);
      if (n === 2) throw new Error("not this one");
    });
  });
  await expect(work).rejects.toThrow("not this one");
  expect(heard).toEqual([1, 2]);
  expect(await connection.query({ text: "select from kept" })).toEqual([]);

  const wrong = { text: "select 1 / (3 - n) from generate_series(1, 3) as n" };
  await expect(connection.transaction((_query, forEachRow) => forEachRow(wrong, () => undefined))).rejects.toThrow(
    "division by zero",
  );
});
