import { Client } from "pg";
import { expect, test } from "vitest";
import { createTestDatabase, expectNoConnections } from "../src/index.ts";

async function connect(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString });
  await client.connect();
  return client;
}

async function prepare(connectionString: string): Promise<void> {
  const client = await connect(connectionString);
  await client.query("CREATE EXTENSION pg_trgm; CREATE TABLE made AS SELECT now() AS at");
  // Left open on purpose: a template must come about nevertheless.
  client.on("error", () => {});
}

test("gives each caller a database of its own from one template", async () => {
  const databases = await Promise.all([createTestDatabase({ prepare }), createTestDatabase({ prepare })]);
  const clients = await Promise.all(databases.map((database) => connect(database.connectionString)));
  const [first, second] = await Promise.all(clients.map((client) => client.query("SELECT at FROM made")));
  expect(first?.rows).toEqual(second?.rows);
  await clients[0]?.query("DROP TABLE made");
  expect((await clients[1]?.query("SELECT at FROM made"))?.rowCount).toBe(1);
  await Promise.all(clients.map((client) => client.end()));
  await Promise.all(databases.map((database) => database.drop()));
});

test("prepares another template for another name", async () => {
  const database = await createTestDatabase({ prepare: async () => {}, template: "empty" });
  const client = await connect(database.connectionString);
  await expect(client.query("SELECT at FROM made")).rejects.toThrow(/made/);
  await client.end();
  await database.drop();
});

test("tells who left a connection open", async () => {
  const database = await createTestDatabase({ prepare: async () => {}, template: "empty" });
  const client = new Client({ connectionString: database.connectionString, application_name: "forgetful" });
  await client.connect();
  await expect(expectNoConnections(database.connectionString)).rejects.toThrow(/forgetful/);
  await client.end();
  await expectNoConnections(database.connectionString);
  await database.drop();
});
