import { afterAll, beforeAll, expect, test } from "vitest";
import { createInjectClient, unwrap } from "./inject-client.ts";
import { type Directory, startDirectory } from "./start-directory.ts";

let directory: Directory;
let secret: string;
beforeAll(async () => {
  directory = await startDirectory();
  const contact = (name: string) => ({ role: "m.role.admin", email_address: `${name}@mail.example` });
  await directory.probe("one.example", { document: { contacts: [contact("abuse"), contact("=cmd|'/c'!A0")] } });
  await directory.probe("two.example", {
    document: { contacts: [contact("Abuse")], support_page: "mailto:hidden@mail.example" },
  });
  await directory.probe("bare.example", { status: 404 });
  ({ secret } = await directory.store.createKey("test"));
});
afterAll(() => directory.close());

test("reverse look-up: the whole address finds its servers, localparts compared exactly", async () => {
  const client = createInjectClient(directory.app);
  const { items } = await unwrap(client.findContacts({ q: "abuse@MAIL.example" }));
  expect(items).toEqual([
    { serverName: "one.example", role: "m.role.admin", kind: "email_address", value: "abuse@mail.example" },
  ]);
});

test("a mail domain finds its servers, but tells the addresses at it to holders of a key only", async () => {
  const query = { q: "mail.example" };
  const without = await unwrap(createInjectClient(directory.app).findContacts(query));
  expect(new Set(without.items.map(({ serverName }) => serverName))).toEqual(new Set(["one.example", "two.example"]));
  expect(without.items.every(({ value }) => value === null)).toBe(true);
  const keyed = await unwrap(createInjectClient(directory.app, secret).findContacts({ ...query, match: "exact" }));
  expect(keyed.items.map(({ value }) => value)).toContain("Abuse@mail.example");
});

test("a part of an address: with a key, and of three characters or more", async () => {
  const keyed = createInjectClient(directory.app, secret);
  expect((await unwrap(keyed.findContacts({ q: "buse@ma" }))).items).toHaveLength(2);
  expect((await unwrap(createInjectClient(directory.app).findContacts({ q: "buse@ma" }))).items).toEqual([]);
  expect(await keyed.findContacts({ q: "bu", match: "substring" })).toMatchObject({
    ok: false,
    error: { status: 400 },
  });
});

test("a revoked key is refused", async () => {
  const key = await directory.store.createKey("short-lived");
  await directory.store.revokeKey(key.id);
  const answer = await createInjectClient(directory.app, key.secret).findContacts({ q: "mail.example" });
  expect(answer).toMatchObject({ ok: false, error: { status: 401, type: "/problems/key-refused" } });
});

test("exports without a key hold no address at all", async () => {
  for (const url of ["/v1/export.ndjson", "/v1/export.csv"]) {
    const { body, statusCode } = await directory.app.inject(url);
    expect(statusCode).toBe(200);
    expect(body).toContain("one.example");
    expect(body).not.toContain("@");
  }
});

test("the NDJSON export: a line a server, by name", async () => {
  const { body, headers } = await directory.app.inject({
    url: "/v1/export.ndjson",
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(headers["content-type"]).toBe("application/x-ndjson");
  const lines = body
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ serverName }) => serverName)).toEqual(["bare.example", "one.example", "two.example"]);
  expect(lines[2]).toMatchObject({
    contacts: [{ email_address: "Abuse@mail.example" }],
    supportPage: "mailto:hidden@mail.example",
  });
});

test("the CSV export: RFC 4180, a record a contact, and no cell that a spreadsheet would run", async () => {
  const { body, headers } = await directory.app.inject({
    url: "/v1/export.csv",
    headers: { authorization: `Bearer ${secret}` },
  });
  expect(headers["content-type"]).toContain("text/csv");
  const [header, ...records] = body.trimEnd().split("\r\n");
  expect(header?.split(",").slice(0, 3)).toEqual(["server_name", "hostname", "opted_out"]);
  expect(records).toHaveLength(4);
  expect(body).not.toMatch(/(^|,)"?[=+@-]/m);
});
