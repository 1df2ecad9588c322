import { toIso } from "@switchboard/contract";
import { HOUR_MS } from "@switchboard/domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInjectClient, unwrap } from "./inject-client.ts";
import { type Directory, startDirectory } from "./start-directory.ts";

let directory: Directory;
const admin = (email_address: string) => ({ contacts: [{ role: "m.role.admin", email_address }] });
beforeAll(async () => {
  directory = await startDirectory();
  await directory.probe("one.example", { document: admin("desk@hosting.example") });
  await directory.probe("two.example", { document: admin("desk@Hosting.example") });
  await directory.probe("three.example", { document: admin("three@example.net") });
  await directory.probe("empty.example", { status: 404 });
});
afterAll(() => directory.close());

test("a contact route names the method, why, and how fresh it is", async () => {
  const route = await unwrap(createInjectClient(directory.app).findRoute({ entity: " <@spam:one.example>. " }));
  expect(route).toMatchObject({
    entity: " <@spam:one.example>. ",
    kind: "user",
    purpose: "abuse",
    needsSender: false,
    servers: [
      {
        serverName: "one.example",
        relation: "author",
        methods: [
          {
            kind: "email_address",
            value: "desk@hosting.example",
            href: "mailto:desk@hosting.example",
            freshness: "fresh",
            confirmedAt: toIso(directory.clock.now()),
            source: { serverName: "one.example", revision: 1 },
          },
        ],
      },
    ],
  });
  expect(route.servers[0]?.methods[0]?.reasons.length).toBeGreaterThan(0);
});

test("an event needs its sender; the servers given with it are participants", async () => {
  const entity = "$143273582443PhrSnAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  const response = await directory.app.inject(`/v1/route?entity=${entity}&via=one.example&via=three.example`);
  expect(response.json()).toMatchObject({
    entity,
    needsSender: true,
    servers: [
      { serverName: "one.example", relation: "participant" },
      { serverName: "three.example", relation: "participant" },
    ],
  });
});

test.each(["one.example", "@a:one.example", "mxc://one.example/media"])(
  "%s takes no part in a room: servers named beside it change nothing",
  async (entity) => {
    const response = await directory.app.inject(`/v1/route?entity=${entity}&via=three.example`);
    expect(response.json()).toMatchObject({ entity, servers: [{ serverName: "one.example", relation: "author" }] });
    expect(response.json().servers).toHaveLength(1);
  },
);

test("the brief view: one line, and all of it under 2 kB whatever is published", async () => {
  const contacts = Array.from({ length: 30 }, (_, place) => ({
    role: `org.example.${"role".repeat(40)}${place}`,
    email_address: `${"long".repeat(12)}${place}@${"host".repeat(15)}.example`,
    matrix_id: `@${"é".repeat(60)}${place}:brief.example`,
  }));
  await directory.probe("brief.example", {
    document: { contacts, support_page: `https://brief.example/${"<&>".repeat(99)}` },
  });
  for (const entity of [
    "@a:brief.example",
    "brief.example",
    "@a:unknown.example",
    `@${"\u202e<b>".repeat(35)}:brief.example`,
    "three.example",
  ]) {
    const url = `/v1/route?view=brief&entity=${encodeURIComponent(entity)}`;
    const response = await directory.app.inject(url);
    expect(Buffer.byteLength(response.body), entity).toBeLessThan(2_000);
    const brief = await unwrap(createInjectClient(directory.app).findBriefRoute({ entity }));
    expect(brief.summary).not.toMatch(/\n/);
    expect(brief.html).not.toMatch(/<(?!\/?(?:p|ol|li|a)[ >])/);
  }
  const brief = await unwrap(createInjectClient(directory.app).findBriefRoute({ entity: "@spam:three.example" }));
  expect(brief).toMatchObject({
    entity: "@spam:three.example",
    serverName: "three.example",
    methods: [{ kind: "email_address", value: "three@example.net", role: "m.role.admin", freshness: "fresh" }],
    setAside: [],
    tried: [],
  });
  expect(brief.html).toContain('<a href="mailto:three@example.net" rel="nofollow noreferrer">three@example.net</a>');
});

test("a batch answers for each entity in order, and groups by recipient", async () => {
  const entities = [
    "@a:one.example",
    "@b:TWO.example",
    "no entity at all",
    "@c:three.example",
    "@d:empty.example",
    "@e:one.example",
  ];
  const batch = await unwrap(createInjectClient(directory.app).findRoutes({ entities }));
  expect(batch.results.map(({ entity }) => entity)).toEqual(entities);
  expect(batch.results[2]).toMatchObject({ error: { code: expect.any(String), hint: expect.any(String) } });
  expect(batch.recipients).toMatchObject([
    { method: { value: "desk@hosting.example" }, entities: ["@a:one.example", "@b:TWO.example", "@e:one.example"] },
    { method: { value: "three@example.net" }, entities: ["@c:three.example"] },
  ]);
  expect(batch.unrouted).toEqual(["no entity at all", "@d:empty.example"]);
});

test("one bad entity spoils no batch: it is told in its place", async () => {
  const entities = ["", "@a:one.example", "a".repeat(3_000)];
  const batch = await unwrap(createInjectClient(directory.app).findRoutes({ entities }));
  expect(batch.results).toMatchObject([
    { entity: "", error: { code: "entity-empty" } },
    { entity: "@a:one.example" },
    { entity: entities[2], error: { code: "entity-too-long" } },
  ]);
  expect(batch.unrouted).toEqual(["", entities[2]]);
});

test("a user of a name with a port is reached through the hostname's document", async () => {
  const route = await unwrap(createInjectClient(directory.app).findRoute({ entity: "@a:one.example:8448" }));
  expect(route.servers).toMatchObject([
    {
      serverName: "one.example:8448",
      methods: [{ value: "desk@hosting.example", source: { serverName: "one.example" } }],
    },
  ]);
});

test("1,000 entities in one request", async () => {
  const entities = Array.from(
    { length: 1_000 },
    (_, place) => `@user${place}:${["one", "two", "three"][place % 3]}.example`,
  );
  const batch = await unwrap(createInjectClient(directory.app).findRoutes({ entities, purpose: "security" }));
  expect(batch.results).toHaveLength(1_000);
  expect(batch.recipients.map((recipient) => recipient.entities.length)).toEqual([667, 333]);
});

test("a batch about the past is refused, not answered with the present", async () => {
  const payload = { entities: ["@a:listed.example"] };
  const response = await directory.app.inject({ method: "POST", url: "/v1/route?at=2026-01-01", payload });
  expect(response.statusCode).toBe(400);
  expect(response.json()).toMatchObject({ errors: [{ field: "at" }] });
});

test("?at= answers with what was published then", async () => {
  await directory.probe("then.example", { document: admin("old@example.net") });
  const then = toIso(directory.clock.now());
  directory.clock.advance(HOUR_MS);
  await directory.probe("then.example", { document: admin("new@example.net") });
  const client = createInjectClient(directory.app);
  const past = await unwrap(client.findRoute({ entity: "@a:then.example", at: then }));
  expect(past.servers[0]?.methods).toMatchObject([{ value: "old@example.net", freshness: "fresh" }]);
  const now = await unwrap(client.findRoute({ entity: "@a:then.example" }));
  expect(now.servers[0]?.methods).toMatchObject([{ value: "new@example.net" }]);
});

test("the page for people says the same, and nothing on it is markup of others", async () => {
  const hostile = "<img src=x onerror=alert(1)>\u202e";
  await directory.probe("page.example", {
    document: {
      contacts: [{ role: `org.example.${hostile}`, email_address: "desk@example.net" }],
      support_page: "javascript:alert(1)",
    },
  });
  const page = await directory.app.inject(`/r/${encodeURIComponent("@spam:page.example")}`);
  expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  expect(page.body).toContain('href="mailto:desk@example.net"');
  expect(page.body).not.toMatch(/<img|href="javascript|\u202e/);
  const unread = await directory.app.inject(`/r/${encodeURIComponent(hostile)}`);
  expect(unread.statusCode).toBe(400);
  expect(unread.body).not.toContain("<img");
  const redirect = await directory.app.inject("/r?entity=%40spam%3Apage.example");
  expect(redirect.headers["location"]).toBe("/r/%40spam%3Apage.example");
});

test("the page for people takes what is written into an address as it is, for any purpose", async () => {
  const ids = { security: "security@example.net", abuse: "moderator@example.net" };
  await directory.probe("desks.example", {
    document: {
      contacts: [
        { role: "m.role.security", email_address: ids.security },
        { role: "m.role.moderator", email_address: ids.abuse },
      ],
    },
  });
  const orderOn = async (url: string) => {
    const page = await directory.app.inject(url);
    expect(page.statusCode, url).toBe(200);
    return [...page.body.matchAll(/href="mailto:([^"]+)"/g)].map(([, address]) => address);
  };
  expect(await orderOn("/r/mxc://desks.example/media-id")).toEqual([ids.abuse, ids.security]);
  expect(await orderOn("/r/@a:desks.example?purpose=security")).toEqual([ids.security, ids.abuse]);
  expect(await orderOn("/r/$event?via=desks.example")).toEqual([ids.abuse, ids.security]);
  const redirect = await directory.app.inject("/r?entity=a.example&purpose=legal");
  expect(redirect.headers["location"]).toBe("/r/a.example?purpose=legal");
  expect((await directory.app.inject("/r/")).statusCode).toBe(400);
});
