import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildDocument, buildListing, type ContactText, listingsByKey, NOW, unwrap } from "../tests/listing-builder.ts";
import { contactRoute, listingKeysOf, type ServerRoute } from "./contact-route.ts";
import { parseEntity } from "./entity.ts";
import { addMs, DAY_MS } from "./instant.ts";
import type { Listing } from "./listing.ts";
import { PURPOSES, type Purpose } from "./purpose.ts";
import { methodKeyOf, methodsOfContact } from "./route-method.ts";

function routeOf(text: string, listings: readonly Listing[], purpose: Purpose = "abuse") {
  return contactRoute({ entity: unwrap(parseEntity(text)), purpose, listings: listingsByKey(...listings), now: NOW });
}

/** The route at the only server of an entity. */
function onlyServer(text: string, listings: readonly Listing[], purpose: Purpose = "abuse"): ServerRoute {
  const { servers } = routeOf(text, listings, purpose);
  const [server] = servers;
  if (server === undefined || servers.length > 1) throw new Error(`${servers.length} servers`);
  return server;
}

const valuesOf = (server: ServerRoute): string[] => server.methods.map(({ value }) => value);
const codesOf = (server: ServerRoute): string[][] =>
  server.methods.map(({ reasons }) => reasons.map(({ code }) => code));

test("a name with a port that is not listed has its hostname's contacts, and says where they were read", () => {
  const document = buildDocument([{ email_address: "desk@desk.example" }]);
  const hostname = buildListing("server.example", document);
  const server = onlyServer("@mallory:Server.example:8448", [hostname]);
  expect(server).toMatchObject({ serverName: "Server.example:8448", tried: [] });
  expect(server.methods).toMatchObject([{ value: "desk@desk.example", source: { serverName: "server.example" } }]);
  const own = buildListing("server.example:8448", buildDocument([{ email_address: "own@desk.example" }]));
  expect(valuesOf(onlyServer("@mallory:server.example:8448", [hostname, own]))).toEqual(["own@desk.example"]);
  const entity = unwrap(parseEntity("$event?via=a.example:1&via=A.example"));
  expect(listingKeysOf(entity)).toEqual(["a.example:1", "a.example"]);
});

describe("the order of methods", () => {
  const desks: ContactText[] = [
    { role: "org.example.custom", email_address: "custom@desk.example" },
    { role: "m.role.dpo", email_address: "dpo@desk.example" },
    { role: "m.role.security", email_address: "security@desk.example" },
    { email_address: "unnamed@desk.example" },
    { role: "m.role.admin", email_address: "admin@desk.example" },
    { role: "org.example.legal", email_address: "legal@desk.example" },
    { role: "support.feline.msc4121.role.moderator", email_address: "moderator@desk.example" },
  ];

  test.each<[Purpose, string]>([
    ["abuse", "moderator admin unnamed security custom dpo legal page"],
    ["security", "security admin unnamed custom dpo legal moderator page"],
    ["privacy", "dpo admin unnamed security custom legal moderator page"],
    ["legal", "dpo legal admin unnamed security custom moderator page"],
    ["general", "page admin unnamed custom dpo legal moderator security"],
  ])("goes by role for %s", (purpose, order) => {
    const listing = buildListing("server.example", buildDocument(desks, "https://page.example/"));
    const found = valuesOf(onlyServer("@mallory:server.example", [listing], purpose));
    expect(found.map((value) => value.replace(/@.*|^https:..|\.example.$/g, "")).join(" ")).toBe(order);
  });

  test("takes draft and unstable spellings for the stable role", () => {
    const document = buildDocument([
      { role: "org.matrix.security", email_address: "security@desk.example" },
      { role: "admin", email_address: "admin@desk.example" },
    ]);
    const server = onlyServer("server.example", [buildListing("server.example", document)]);
    expect(valuesOf(server)).toEqual(["admin@desk.example", "security@desk.example"]);
    expect(codesOf(server)[0]).toContain("role-catch-all");
  });

  test("goes by independence within a role, mail before Matrix ID among equals", () => {
    const document = buildDocument([
      { role: "m.role.admin", matrix_id: "@a:chat.example.org", email_address: "a@chat.example.org" },
      { role: "m.role.admin", matrix_id: "@b:other.example.org", email_address: "b@example.org" },
      { role: "m.role.admin", matrix_id: "@c:elsewhere.example", email_address: "c@elsewhere.example" },
    ]);
    const server = onlyServer("@mallory:chat.example.org", [buildListing("chat.example.org", document)]);
    expect(valuesOf(server)).toEqual([
      "c@elsewhere.example",
      "@c:elsewhere.example",
      "a@chat.example.org",
      "b@example.org",
      "@b:other.example.org",
      "@a:chat.example.org",
    ]);
    expect(codesOf(server).map((codes) => codes.at(-1))).toEqual([
      "independent",
      "independent",
      "own-mail-domain",
      "own-mail-domain",
      "own-domain",
      "on-server",
    ]);
  });

  test.each([
    ["tenant.github.io", "@a:other.github.io", "independent"],
    ["tenant.github.io", "@a:tenant.github.io:8448", "on-server"],
    ["server.example:8448", "@a:SERVER.example", "on-server"],
    ["192.0.2.1:8448", "@a:192.0.2.1", "on-server"],
    ["192.0.2.1", "@a:192.0.2.2", "independent"],
    ["192.0.2.1", "a@[192.0.2.1]", "own-mail-domain"],
    ["[2001:db8::1]", "a@[IPv6:2001:DB8:0::1]", "own-mail-domain"],
    ["localhost", "a@mail.localhost", "own-mail-domain"],
    ["localhost", "a@otherhost", "independent"],
    ["example.co.uk", "a@other.co.uk", "independent"],
    ["matrix.example.co.uk", "a@example.co.uk", "own-mail-domain"],
  ])("on %s judges %s as %s", (name, value, code) => {
    const contact = value.startsWith("@") ? { matrix_id: value } : { email_address: value };
    const listing = buildListing(name, buildDocument([{ role: "m.role.admin", ...contact }]));
    expect(codesOf(onlyServer(name, [listing]))[0]).toContain(code);
  });

  test("puts a Matrix ID on a server that does not answer behind the others of its role", () => {
    const contacts = [
      { role: "m.role.admin", matrix_id: "@a:silent.example" },
      { role: "m.role.admin", email_address: "b@server.example" },
      { role: "m.role.security", email_address: "c@desk.example" },
    ];
    const silent = buildListing("silent.example", null, { condition: "unreachable", conditionReason: "timeout" });
    const listing = buildListing("server.example", buildDocument(contacts));
    expect(valuesOf(onlyServer("server.example", [listing]))[0]).toBe("@a:silent.example");
    const server = onlyServer("server.example", [listing, silent]);
    expect(valuesOf(server)).toEqual(["b@server.example", "@a:silent.example", "c@desk.example"]);
    expect(codesOf(server)[1]).toContain("server-silent");
  });

  test("offers a desk once, in its best role, however it is spelt", () => {
    const document = buildDocument([
      { role: "m.role.security", email_address: "desk@EXAMPLE.org", matrix_id: "@desk:EXAMPLE.net" },
      { role: "m.role.admin", email_address: "desk@example.org", matrix_id: "@desk:example.net" },
      { role: "m.role.admin", email_address: "Desk@example.org", matrix_id: "@Desk:example.net" },
    ]);
    const server = onlyServer("server.example", [buildListing("server.example", document)]);
    expect(valuesOf(server)).toEqual([
      "desk@example.org",
      "Desk@example.org",
      "@desk:example.net",
      "@Desk:example.net",
    ]);
    expect(server.methods[0]?.role).toBe("m.role.admin");
  });
});

describe("links", () => {
  test.each([
    ["email_address", "first.last+tag@example.org", "mailto:first.last%2Btag@example.org"],
    ["email_address", "a%0d%0abcc:x@example.org".replace(":", ""), null],
    ["email_address", "a?cc=b@example.org", null],
    ["email_address", "a&b@example.org", null],
    ["matrix_id", "@a/b:example.org", "https://matrix.to/#/%40a%2Fb%3Aexample.org"],
    ["support_page", "https://example.org/help?a=b", "https://example.org/help?a=b"],
    ["support_page", "http://example.org/help", "http://example.org/help"],
    ["support_page", "mailto:help@example.org", null],
    ["support_page", "matrix:r/help:example.org", null],
  ])("for %s %s is %s", (kind, value, href) => {
    const contact = kind === "matrix_id" ? { matrix_id: value } : { email_address: value };
    const document = kind === "support_page" ? buildDocument([], value) : buildDocument([contact]);
    const { methods } = onlyServer("server.example", [buildListing("server.example", document)]);
    expect(methods.map((method) => [method.kind, method.value, method.href])).toEqual([[kind, value, href]]);
  });

  test("put a support page that no browser opens last, and set one aside that would run code", () => {
    const contacts = [{ role: "m.role.security", email_address: "security@desk.example" }];
    const listing = buildListing("server.example", buildDocument(contacts, "tel:+49301234567"));
    expect(valuesOf(onlyServer("server.example", [listing], "general"))).toEqual([
      "security@desk.example",
      "tel:+49301234567",
    ]);
    const hostile = buildListing("server.example", buildDocument(contacts, "javascript:alert(1)"));
    const server = onlyServer("server.example", [hostile], "general");
    expect(valuesOf(server)).toEqual(["security@desk.example"]);
    expect(server.setAside).toMatchObject([{ kind: "support_page", reason: { code: "unsafe-page" } }]);
  });
});

describe("the reported user", () => {
  const document = buildDocument([
    { role: "m.role.admin", matrix_id: "@Boss:example.org", email_address: "boss@example.org" },
    { role: "m.role.security", email_address: "boss@EXAMPLE.org" },
    { role: "m.role.admin", matrix_id: "@boss:example.org" },
  ]);
  const listing = buildListing("example.org", document);

  test("is set aside with what they read, wherever it is listed", () => {
    const server = onlyServer("@Boss:EXAMPLE.org", [listing]);
    expect(valuesOf(server)).toEqual(["@boss:example.org"]);
    expect(server.setAside.map(({ value, reason }) => [value, reason.code])).toEqual([
      ["boss@example.org", "read-by-reported-user"],
      ["@Boss:example.org", "is-reported-user"],
    ]);
  });

  test("is told when nobody else is left", () => {
    const alone = buildListing(
      "example.org",
      buildDocument([{ role: "m.role.admin", matrix_id: "@boss:example.org" }]),
    );
    const route = routeOf("@boss:example.org", [alone]);
    expect(route.servers[0]?.tried.map(({ code }) => code)).toEqual(["all-set-aside"]);
    expect(route.summary).toBe("example.org: no contact, every contact it publishes was set aside.");
  });
});

describe("what was tried", () => {
  const kept = buildDocument([{ role: "m.role.admin", email_address: "admin@desk.example" }]);

  test.each<[string, Listing | null, string, number]>([
    ["never heard of", null, "not-listed", 0],
    ["never asked", buildListing("s.example", null, { condition: "unprobed", lastProbedAt: null }), "unprobed", 0],
    ["publishes nothing", buildListing("s.example", null), "absent", 0],
    ["took it away", buildListing("s.example", null, { withdrawnAt: NOW }), "withdrawn", 0],
    ["never answered", buildListing("s.example", null, { condition: "unreachable" }), "unreachable", 0],
    ["answers with a page", buildListing("s.example", null, { condition: "unusable" }), "unusable", 0],
    ["is not to be asked", buildListing("s.example", null, { condition: "refused" }), "refused", 0],
    ["opted out", buildListing("s.example", kept, { optedOut: true }), "opted-out", 0],
    ["out of order, contacts kept", buildListing("s.example", kept, { condition: "unreachable" }), "unreachable", 1],
    ["gone at the last look, contacts kept", buildListing("s.example", kept, { condition: "absent" }), "absent", 1],
  ])("%s", (_, listing, code, methods) => {
    const server = onlyServer("s.example", listing === null ? [] : [listing]);
    expect(server.tried.map((attempt) => attempt.code)).toEqual([code]);
    expect(server.methods).toHaveLength(methods);
  });

  test("is nothing where the document was just seen", () => {
    expect(onlyServer("s.example", [buildListing("s.example", kept)]).tried).toEqual([]);
  });
});

describe("contactRoute", () => {
  const document = buildDocument([{ role: "m.role.admin", email_address: "admin@desk.example" }]);

  test("asks for the sender where the entity names no author, and offers the others as what they are", () => {
    const listings = [buildListing("creator.example", document), buildListing("member.example", null)];
    const route = routeOf("https://matrix.to/#/!room:creator.example?via=member.example", listings);
    expect(route.needsSender).toBe(true);
    expect(route.servers.map(({ serverName, relation }) => [serverName, relation])).toEqual([
      ["creator.example", "room-creator"],
      ["member.example", "participant"],
    ]);
    expect(route.summary).toMatch(/^This does not say whose user it was: give the sender's user ID\. creator\.example/);
    expect(routeOf(`!${"A".repeat(43)}`, []).summary).toBe("This names no server: give the sender's user ID.");
    expect(routeOf("@mallory:creator.example", listings).needsSender).toBe(false);
  });

  test("finds a listing whatever the case of the name, and shows the name as given", () => {
    const server = onlyServer("@mallory:CREATOR.example", [buildListing("creator.example", document)]);
    expect(server.serverName).toBe("CREATOR.example");
    expect(valuesOf(server)).toEqual(["admin@desk.example"]);
  });

  test("says how far it can be trusted", () => {
    const long = buildListing("s.example", document, {
      lastConfirmedAt: addMs(NOW, -60 * DAY_MS),
      condition: "unreachable",
    });
    const server = onlyServer("s.example", [long]);
    expect(server.methods[0]).toMatchObject({
      freshness: "stale",
      confirmedAt: addMs(NOW, -60 * DAY_MS),
      source: { serverName: "s.example", revision: 3 },
    });
    expect(server.freshness?.reasons.map(({ code }) => code)).toEqual(["not-confirmed-for-long", "unreachable"]);
    expect(server.rulesVersion).toBe(7);
    const policy = { freshForMs: 90 * DAY_MS, staleAfterMs: 100 * DAY_MS };
    const lenient = contactRoute({ ...REQUEST, listings: listingsByKey({ ...long, condition: "document" }), policy });
    expect(lenient.servers[0]?.freshness?.state).toBe("fresh");
  });
});

const REQUEST = { entity: unwrap(parseEntity("s.example")), purpose: "abuse", now: NOW } as const;

describe("laws", () => {
  const host = fc.constantFrom("s.example", "S.example", "chat.s.example", "desk.example", "192.0.2.1");
  const name = fc.constantFrom("a", "b", "A");
  const role = fc.constantFrom("m.role.admin", "m.role.security", "m.role.moderator", "org.s.abuse", "x", undefined);
  const contact = fc.record({ role, name, host, methods: fc.constantFrom("mail", "chat", "both") }).map(
    ({ role, name, host, methods }): ContactText => ({
      ...(role === undefined ? {} : { role }),
      ...(methods === "mail" ? {} : { matrix_id: `@${name}:${host}` }),
      ...(methods === "chat" ? {} : { email_address: `${name}@${host.replace("192.0.2.1", "[192.0.2.1]")}` }),
    }),
  );
  const page = fc.constantFrom(null, "https://s.example/help", "mailto:help@s.example", "javascript:alert(1)");
  const listing = fc
    .tuple(
      fc.array(contact, { minLength: 1, maxLength: 6 }),
      page,
      fc.constantFrom("document", "unreachable", "absent"),
    )
    .map(([contacts, page, condition]) =>
      buildListing("s.example", buildDocument(contacts, page), { condition } as const),
    );
  const entity = fc.constantFrom("@a:s.example", "@b:S.EXAMPLE", "@z:s.example", "s.example", "mxc://s.example/x");
  const purpose = fc.constantFrom(...PURPOSES);

  test("every published method is offered or set aside, once; the order does not depend on chance", () => {
    fc.assert(
      fc.property(entity, listing, purpose, (text, listing, purpose) => {
        const server = onlyServer(text, [listing], purpose);
        const published = listing.published?.document;
        const keys = published?.contacts.flatMap(methodsOfContact).map(methodKeyOf) ?? [];
        if (published?.support_page != null)
          keys.push(methodKeyOf({ kind: "support_page", value: published.support_page }));
        expect([...server.methods, ...server.setAside].map(methodKeyOf).sort()).toEqual([...new Set(keys)].sort());
        expect(onlyServer(text, [listing], purpose)).toEqual(server);
      }),
    );
  });

  test("the operator's order decides among equals only", () => {
    fc.assert(
      fc.property(entity, listing, purpose, (text, listing, purpose) => {
        if (listing.published === null) return;
        const contacts = listing.published.document.contacts.toReversed();
        const document = { ...listing.published.document, contacts };
        const reversed = { ...listing, published: { ...listing.published, document } };
        expect(codesOf(onlyServer(text, [reversed], purpose))).toEqual(codesOf(onlyServer(text, [listing], purpose)));
      }),
    );
  });

  test("the reported user, and what they read, is never offered", () => {
    fc.assert(
      fc.property(fc.constantFrom("@a:s.example", "@b:S.EXAMPLE"), listing, purpose, (text, listing, purpose) => {
        const reported = methodKeyOf({ kind: "matrix_id", value: userIdOf(text) });
        const read = listing.published?.document.contacts
          .map((contact) => methodsOfContact(contact).map(methodKeyOf))
          .filter((keys) => keys.includes(reported))
          .flat();
        const offered = onlyServer(text, [listing], purpose).methods.map(methodKeyOf);
        expect(offered.filter((key) => read?.includes(key))).toEqual([]);
      }),
    );
  });

  test("a method comes from the listing of the server it is offered for", () => {
    fc.assert(
      fc.property(listing, listing, purpose, (one, other, purpose) => {
        const elsewhere = { ...other, serverName: keyOf("t.example"), hostname: hostOf("t.example") };
        const { servers } = routeOf("!room:s.example?via=t.example", [one, elsewhere], purpose);
        const alone = [
          ...routeOf("!room:s.example", [one], purpose).servers,
          ...routeOf("!room:t.example", [elsewhere], purpose).servers,
        ];
        for (const [index, server] of servers.entries()) {
          expect(server.methods.map(methodKeyOf).sort()).toEqual(alone[index]?.methods.map(methodKeyOf).sort());
          expect(server.methods.every(({ source }) => source.serverName === server.serverName)).toBe(true);
        }
      }),
    );
  });
});

function userIdOf(text: string) {
  const parsed = unwrap(parseEntity(text));
  if (parsed.kind !== "user") throw new Error(`${text} is no user`);
  return parsed.userId;
}

const keyOf = (name: string) => buildListing(name, null).serverName;
const hostOf = (name: string) => buildListing(name, null).hostname;
