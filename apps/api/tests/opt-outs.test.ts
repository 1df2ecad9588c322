import { hostnameOf, registrableDomainOf } from "@switchboard/domain";
import { toServerKey, toServerName } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInjectClient, unwrap } from "./inject-client.ts";
import { type Directory, startDirectory } from "./start-directory.ts";

let directory: Directory;
beforeAll(async () => {
  directory = await startDirectory();
  for (const name of ["away.example", "matrix.gone.example", "stays.example"]) {
    const contacts = [
      { role: "m.role.admin", matrix_id: "@keeper:else.example", email_address: `${name}@else.example` },
    ];
    await directory.probe(name, { document: { contacts, support_page: `https://${name}/help` } });
  }
  await directory.store.optOut(toServerKey("away.example"));
  const domain = registrableDomainOf(hostnameOf(toServerName("gone.example")));
  if (domain !== null) await directory.store.optOutDomain(domain);
});
afterAll(() => directory.close());

const OUT = ["away.example", "matrix.gone.example"];
const NEVER_HELD = ["away.example:8448", "gone.example", "new.gone.example"];

test.each([...OUT, ...NEVER_HELD])("of %s only the fact is told, and no probe is made", async (name) => {
  for (const path of ["", "/revisions", "/revisions/1", "/spans", "/changes", "?at=2100-01-01"]) {
    const response = await directory.app.inject(`/v1/servers/${name}${path}`);
    expect({ path, status: response.statusCode, type: response.json().type }).toEqual({
      path,
      status: 410,
      type: "/problems/opted-out",
    });
  }
  const asked = await directory.app.inject({ method: "POST", url: `/v1/servers/${name}/probe` });
  expect(asked.statusCode).toBe(410);
  expect(asked.json()).toMatchObject({ type: "/problems/opted-out", detail: expect.stringContaining(name) });
});

test.each([
  ["search", "/v1/servers"],
  ["search by page", "/v1/servers?q=gone"],
  ["reverse look-up", "/v1/contacts?q=@keeper:else.example"],
  ["look-up by mail domain", "/v1/contacts?q=else.example"],
  ["contact route", "/v1/route?entity=@spam:away.example"],
  ["page of a contact route", "/r/@spam:matrix.gone.example"],
  ["feed", "/v1/changes"],
  ["lines of an export", "/v1/export.ndjson"],
  ["rows of an export", "/v1/export.csv"],
])("no %s tells what was published", async (_, url) => {
  const key = await directory.store.createKey("a test");
  const { statusCode, body } = await directory.app.inject({ url, headers: { authorization: `Bearer ${key.secret}` } });
  expect(statusCode).toBe(200);
  expect(body).not.toMatch(/(away|gone)\.example(@else|\/help)/);
});

test("search says who opted out", async () => {
  const { items } = (await directory.app.inject("/v1/servers")).json();
  const flagged = items.flatMap((item: { serverName: string; optedOut: boolean }) =>
    item.optedOut ? [item.serverName] : [],
  );
  expect(flagged).toEqual(OUT);
});

test("a look-up of the contact finds only who still names it", async () => {
  const found = await unwrap(createInjectClient(directory.app).findContacts({ q: "@keeper:else.example" }));
  expect(found.items.map(({ serverName }) => serverName)).toEqual(["stays.example"]);
});

test("a submission does not bring it back, and is told why", async () => {
  const client = createInjectClient(directory.app);
  const names = ["new.gone.example", "fine.example", "bad_name.example", "AWAY.example", "stays.example"];
  const result = await unwrap(client.submitNames(names));
  expect(result).toMatchObject({
    added: 1,
    known: 1,
    rejected: [
      { index: 0, name: "new.gone.example", code: "opted-out", message: expect.stringContaining("new.gone.example") },
      { index: 2, code: "server-name-character" },
      { index: 3, name: "AWAY.example", code: "opted-out" },
    ],
  });
  const { items } = await unwrap(client.searchListings({ q: "new.gone" }));
  expect(items.map(({ serverName }) => serverName)).not.toContain("new.gone.example");
});

test("statistics count it as opted out", async () => {
  const stats = await unwrap(createInjectClient(directory.app).readStats());
  expect(stats).toMatchObject({ optedOut: 2, published: 1 });
});

test.each([...OUT, ...NEVER_HELD])("a contact route about %s says that it opted out", async (name) => {
  const tried = [{ serverName: name, code: "opted-out", message: "the operator asked not to be listed" }];
  const answer = async (url: string) => (await directory.app.inject(url)).json();
  expect(await answer(`/v1/route?entity=@spam:${name}`)).toMatchObject({ servers: [{ methods: [], tried }] });
  expect(await answer(`/v1/route?entity=@spam:${name}&view=brief`)).toMatchObject({ methods: [], tried });
  expect(await answer(`/v1/route?entity=@spam:${name}&at=2026-01-01`)).toMatchObject({ servers: [{ tried }] });
  const entities = [`@spam:${name}`, "@spam:stays.example", "@spam:unheard-of.example"];
  const batch = await unwrap(createInjectClient(directory.app).findRoutes({ entities }));
  expect(batch).toMatchObject({
    results: [
      { servers: [{ tried }] },
      { servers: [{ tried: [] }] },
      { servers: [{ tried: [{ code: "not-listed" }] }] },
    ],
    unrouted: [entities[0], entities[2]],
  });
  expect((await directory.app.inject(`/r/@spam:${name}`)).body).toContain("the operator asked not to be listed");
});
