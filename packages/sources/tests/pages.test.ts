import { buildContact, buildDocument, toHostname, toServerName, toUserId } from "@switchboard/testkit";
import { describe, expect, test } from "vitest";
import { readDestinations } from "../src/destinations.ts";
import { readDirectoryExport } from "../src/directory-export.ts";
import { toPatientReader } from "../src/patient-reader.ts";
import { readPublicRooms } from "../src/public-rooms.ts";
import { readPublishedDocuments, serversNamedIn } from "../src/published-documents.ts";
import { readTheFederation } from "../src/the-federation.ts";
import { collect, refused, scriptReader, unaborted } from "./scripted-reader.ts";

const BASE = new URL("http://localhost:8008/synapse/");

describe("a homeserver's destinations", () => {
  const read = (reader: ReturnType<typeof scriptReader>, from: string | null = null) =>
    collect(readDestinations(reader, { url: BASE, token: "secret", from }, unaborted));

  test("are read page by page, with the token and from a cursor", async () => {
    const reader = scriptReader([
      { destinations: [{ destination: "a.test", retry_last_ts: 0 }, { destination: 5 }], total: 3, next_token: "2" },
      { destinations: [{ destination: "b.test" }, "x"], next_token: 4 },
      { destinations: [], total: 3 },
    ]);
    expect((await read(reader, "1")).pages).toEqual([
      { names: ["a.test"], malformed: 1, cursor: "2" },
      { names: ["b.test"], malformed: 1, cursor: "4" },
      { names: [], malformed: 0, cursor: null },
    ]);
    expect(reader.requests.map(({ url, token, chosenBy }) => [url.href, token, chosenBy])).toEqual(
      ["1", "2", "4"].map((from) => [
        `http://localhost:8008/synapse/_synapse/admin/v1/federation/destinations?limit=500&from=${from}`,
        "secret",
        "operator",
      ]),
    );
  });

  test("of which a page holds far more than was asked for are taken in part", async () => {
    const destinations = Array.from({ length: 300_000 }, (_, place) => ({ destination: `s${place}.test` }));
    const { pages } = await read(scriptReader([{ destinations }]));
    expect(pages.map(({ names, malformed }) => [names.length, malformed])).toEqual([[5_000, 295_000]]);
  });

  test.each([
    [refused(403), /answered 403\. Put the access token of a server administrator/],
    [refused(500), /out of order/],
    [refused(429, 5), /patience/],
    [refused(301), /Write the address it redirects to/],
    [{ ...refused(0), status: null }, /Check the address, and that the server is up/],
    ["text", /did not answer with a list of destinations: the answer is not/],
    [{ destinations: {} }, /destinations is not what it should be/],
    [{ destinations: [], next_token: {} }, /next_token is not what/],
    [null, /the answer/],
  ])("that cannot be read say why and what to do: %j", async (answer, message) => {
    const { pages, failure } = await read(scriptReader([answer]));
    expect(pages).toEqual([]);
    expect(failure?.message).toMatch(message);
    expect(failure?.message).not.toContain("secret");
  });
});

describe("a public room directory", () => {
  const HASH = `!${"A".repeat(43)}`;
  const openTo = { isOptedOut: async () => false };

  test("names servers in aliases, old room IDs and via", async () => {
    const reader = scriptReader([
      {
        chunk: [
          {
            room_id: "!old:a.test",
            canonical_alias: "#x:b.test",
            aliases: ["#y:c.test:8448", "none"],
            via: ["d.test"],
          },
          { room_id: HASH, canonical_alias: null, aliases: 5 },
          { room_id: "!ipv6:[2001:db8::1]:8448" },
          { canonical_alias: "#no-room-id:z.test" },
        ],
        next_batch: "p2",
        total_room_count_estimate: 5,
      },
      { chunk: [], next_batch: "" },
    ]);
    const { pages } = await collect(readPublicRooms(reader, openTo, { url: BASE, from: null }, unaborted));
    expect(pages).toEqual([
      { names: ["b.test", "c.test:8448", "a.test", "d.test", "[2001:db8::1]:8448"], malformed: 1, cursor: "p2" },
      { names: [], malformed: 0, cursor: null },
    ]);
    expect(reader.requests[1]?.url.searchParams.get("since")).toBe("p2");
  });

  test("takes a few aliases and via of a room, however many it claims", async () => {
    const many = (prefix: string) => Array.from({ length: 10_000 }, (_, place) => `${prefix}s${place}.test`);
    const reader = scriptReader([{ chunk: [{ room_id: HASH, aliases: many("#x:"), via: many("") }] }]);
    const { pages } = await collect(readPublicRooms(reader, openTo, { url: BASE, from: null }, unaborted));
    expect(pages[0]?.names.length).toBe(30);
  });

  test.each([
    [
      new URL("https://matrix.example.org/base/"),
      "https://matrix.example.org/base/_matrix/client/v3/publicRooms?limit=100",
    ],
    [null, "https://example.org:8448/_matrix/client/v3/publicRooms?limit=100"],
  ])("of a server name is asked for where its client API is (%s)", async (found, asked) => {
    const reader = scriptReader([found, { chunk: [] }]);
    await collect(readPublicRooms(reader, openTo, { server: toServerName("example.org:8448"), from: null }, unaborted));
    expect(reader.requests[0]?.url.hostname).toBe("example.org");
    expect(reader.requests[1]).toMatchObject({ url: new URL(asked), chosenBy: "server" });
  });

  test.each<[string, Parameters<typeof readPublicRooms>[2], string, number]>([
    ["by its name", { server: toServerName("Example.org:8448"), from: null }, "example.org:8448", 0],
    ["by its URL", { url: new URL("http://example.org:8008"), from: null }, "example.org", 0],
    ["where its client API is", { server: toServerName("example.org"), from: null }, "matrix.example.org", 1],
  ])("of a server that opted out is not asked for: %s", async (_how, place, optedOut, asked) => {
    const reader = scriptReader([new URL("https://matrix.example.org")]);
    const store = { isOptedOut: async (name: string) => name === optedOut };
    const { pages, failure } = await collect(readPublicRooms(reader, store, place, unaborted));
    expect(pages).toEqual([]);
    expect(failure?.message.toLowerCase()).toBe(
      `the operator of ${optedOut} asked to be left alone; take it out of the sources`,
    );
    expect(reader.requests).toHaveLength(asked);
  });

  test("that does not answer strangers says so", async () => {
    const { failure } = await collect(
      readPublicRooms(scriptReader([refused(401)]), openTo, { url: BASE, from: null }, unaborted),
    );
    expect(failure).toMatchObject({ message: expect.stringContaining("does not answer strangers") });
  });
});

describe("the-federation.info", () => {
  const url = new URL("https://the-federation.info/v1/graphql");
  const nodes = (count: number) => ({
    data: { thefederation_node: Array.from({ length: count }, (_, place) => ({ host: `s${place}.test` })) },
  });

  test("is asked for all its Matrix servers", async () => {
    const reader = scriptReader([nodes(1_000), nodes(100), nodes(3), nodes(0)]);
    const { pages } = await collect(readTheFederation(reader, { url, from: null }, unaborted));
    expect(pages.map(({ names, cursor }) => [names.length, cursor])).toEqual([
      [1_000, "1000"],
      [100, "1100"],
      [3, "1103"],
      [0, null],
    ]);
    expect(reader.requests[1]?.body).toMatchObject({ variables: { limit: 1_000, offset: 1_000 } });
  });

  test("that refuses the query says why", async () => {
    const reader = scriptReader([{ errors: [{ message: "field not found" }] }]);
    const { failure } = await collect(readTheFederation(reader, { url, from: "nonsense" }, unaborted));
    expect(failure?.message).toContain("refused the query: field not found");
    expect(reader.requests[0]?.body).toMatchObject({ variables: { offset: 0 } });
  });
});

test("another export gives its names, but not those that opted out there", async () => {
  const rows = [
    '{"serverName":"a.test","optedOut":false,"contacts":[]}',
    '{"serverName":"b.test","optedOut":true}',
    "",
    '{"serverName":5}',
    "no JSON",
  ];
  const reader = scriptReader([rows, refused(500)]);
  const { pages, failure } = await collect(readDirectoryExport(reader, { url: BASE }, unaborted));
  expect(pages).toEqual([{ names: ["a.test"], malformed: 2, cursor: null }]);
  expect(failure).not.toBeNull();
});

describe("the directory's own documents", () => {
  test.each([
    ["https://example.org/abuse", "matrix.example.org", ["example.org"]],
    ["https://www.example.org/", "example.org", ["example.org"]],
    ["http://help.example.org:8080/", "example.org", ["help.example.org"]],
    ["https://github.com/example/support", "example.org", []],
    ["https://other.github.io/", "mine.github.io", []],
    ["https://192.0.2.1/", "192.0.2.1", []],
    ["mailto:admin@example.org", "example.org", []],
    ["no URL", "example.org", []],
  ])("name with the page %s of %s the servers %j", (page, publishedBy, names) => {
    const document = buildDocument({ contacts: [], support_page: page });
    expect(serversNamedIn(document, toHostname(publishedBy))).toEqual(names);
  });

  test("are read page by page", async () => {
    const contact = buildContact({ matrix_id: toUserId("@admin:elsewhere.test:8448") });
    const document = buildDocument({ contacts: [contact, buildContact({ matrix_id: null })], support_page: null });
    const store = {
      listPublishedDocuments: async ({ after }: { after: string | null }) => ({
        documents: [{ hostname: toHostname("example.org"), document }],
        last: after === null ? "example.org" : null,
      }),
    };
    const { pages } = await collect(readPublishedDocuments(store, null));
    const names = ["elsewhere.test:8448"];
    expect(pages).toEqual([
      { names, malformed: 0, cursor: "example.org" },
      { names, malformed: 0, cursor: null },
    ]);
  });
});

describe("a patient reader", () => {
  const request = { url: BASE, chosenBy: "operator" as const };

  test("waits where it is asked to, and asks again", async () => {
    const script = scriptReader([refused(429, 5), refused(503, 1), { answer: 1 }]);
    expect(await toPatientReader(script).readJson(request, unaborted)).toEqual({ ok: true, value: { answer: 1 } });
  });

  test.each([
    ["for long", Array.from({ length: 9 }, () => refused(429, 3_600_000)), 1],
    ["for ever", Array.from({ length: 9 }, () => refused(429, 0)), 4],
    ["for no time", [refused(500)], 1],
  ])("gives up where it is asked to wait %s", async (_how, answers, asked) => {
    const script = scriptReader(answers);
    expect((await toPatientReader(script).readJson(request, unaborted)).ok).toBe(false);
    expect(script.requests.length).toBe(asked);
  });
});
