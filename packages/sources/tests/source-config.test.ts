import { HOUR_MS } from "@switchboard/domain";
import { expect, test } from "vitest";
import { parseSourceArgument, parseSourcesFile } from "../src/source-config.ts";

function parse(...sources: readonly unknown[]) {
  return parseSourcesFile(JSON.stringify({ sources }));
}

test("a file of every kind of source is read, with its defaults", () => {
  const parsed = parse(
    { kind: "destinations", name: "ours", url: "http://localhost:8008", tokenFile: "/run/token", everyHours: 6 },
    { kind: "rooms", server: "example.org", newPerDay: 10, newPerDomainAndDay: 2 },
    { kind: "rooms", url: "https://matrix.example.com:8448" },
    { kind: "documents" },
    { kind: "the-federation" },
    { kind: "export", url: "https://switchboard.example.net/v1/export.ndjson" },
    { kind: "file", path: "names.csv" },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  expect(parsed.value.map(({ name, everyMs, bound }) => [name, everyMs / HOUR_MS, bound.perSource])).toEqual([
    ["ours", 6, 50_000],
    ["rooms:example.org", 24, 10],
    ["rooms:matrix.example.com:8448", 24, 50_000],
    ["documents", 24, 50_000],
    ["the-federation", 24, 50_000],
    ["export:switchboard.example.net", 24, 50_000],
    ["file", 24, 50_000],
  ]);
  expect(parsed.value[1]).toMatchObject({ server: "example.org", bound: { perSource: 10, perDomain: 2 } });
  expect(parsed.value[4]).toMatchObject({ url: new URL("https://the-federation.info/v1/graphql") });
});

test("every problem is told with its place", () => {
  const parsed = parse(
    { kind: "destinations", url: "https://user:secret@example.org" },
    { kind: "room" },
    { kind: "rooms" },
    { kind: "rooms", server: "exa mple" },
    { kind: "export", url: "ftp://example.org", everyhours: 1, name: "A b" },
    { kind: "documents", everyHours: 0.5, newPerDay: 1.5 },
  );
  expect(parsed.ok ? [] : parsed.error.map(({ path, message }) => `${path} ${message}`)).toEqual([
    "sources[0].url must not hold a user or a password",
    "sources[0].tokenFile must be given, as string",
    "sources[1].kind must be one of destinations, rooms, documents, the-federation, export, file",
    "sources[2] needs either server or url",
    'sources[3].server "exa mple" has characters that no server name has; Write one server name, without spaces.',
    "sources[4].url must begin with https:// or http://",
    "sources[4].name must be 1 to 64 of a-z, 0-9, dot, underscore and hyphen",
    'sources[4] has the unknown key "everyhours"',
    "sources[5].everyHours must be at least 1",
    "sources[5].newPerDay must be a whole number",
  ]);
});

test.each([
  ["[", /^ is no JSON/],
  ["[]", /^ must be of type object/],
  ["{}", /^sources must be given, as array/],
])("%s is no list of sources", (text, problem) => {
  const parsed = parseSourcesFile(text);
  expect(parsed.ok ? "" : parsed.error.map(({ path, message }) => `${path} ${message}`).join()).toMatch(problem);
});

test("two sources have two names", () => {
  const parsed = parse({ kind: "documents" }, { kind: "documents", everyHours: 1 });
  expect(parsed).toMatchObject({
    ok: false,
    error: [{ path: "sources[1]", message: /"documents" as is sources\[0\]/ }],
  });
});

test.each([
  ["rooms:example.org", { kind: "rooms", server: "example.org", name: "rooms:example.org" }],
  ["rooms:[2001:db8::1]:8448", { server: "[2001:db8::1]:8448", name: "rooms:[2001:db8::1]" }],
  ["rooms:http://localhost:8008", { url: new URL("http://localhost:8008"), name: "rooms:localhost:8008" }],
  ["file:-", { kind: "file", path: "-", name: "file" }],
  ["file:C:/names.txt", { path: "C:/names.txt" }],
  ["the-federation", { kind: "the-federation" }],
  ["the-federation:https://observer.example.org/v1/graphql", { name: "the-federation" }],
  ["documents", { kind: "documents" }],
])("%s is a source to type", (text, source) => {
  expect(parseSourceArgument(text, { tokenFile: null })).toMatchObject({ ok: true, value: source });
});

test.each([
  ["example.org", "kind"],
  ["destinations:http://localhost:8008", "tokenFile"],
  ["rooms:", "server"],
  ["export", "url"],
  ["documents:x", ""],
])("%s is none", (text, path) => {
  expect(parseSourceArgument(text, { tokenFile: null })).toMatchObject({ ok: false, error: { path } });
});

test("a token file goes with destinations only", () => {
  const given = { tokenFile: "token" };
  const parsed = parseSourceArgument("destinations:http://localhost:8008", given);
  expect(parsed).toMatchObject({ ok: true, value: { tokenFile: "token", name: "destinations" } });
  expect(parseSourceArgument("documents", given)).toMatchObject({ ok: false });
});
