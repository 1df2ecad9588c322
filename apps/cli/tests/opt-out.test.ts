import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Federation, startFederation } from "@switchboard/simulator";
import { migrate } from "@switchboard/store";
import { createTestDatabase, type TestDatabase } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { federationVariables, jsonLines, runCli } from "./run-cli.ts";

/** Each step of the story is a process or several: a busy machine takes its time. */
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
let federation: Federation;
let database: TestDatabase;
let variables: Record<string, string>;
let namesFile: string;

const run = (...args: readonly string[]) => runCli(args, { variables });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-opt-out-"));
  federation = await startFederation({ names: 30 });
  database = await createTestDatabase({ prepare: (connectionString) => migrate({ connectionString }) });
  variables = { ...federationVariables(federation), DATABASE_URL: database.connectionString };
  namesFile = join(folder, "names.txt");
  await writeFile(
    namesFile,
    federation
      .names()
      .map(({ serverName }) => serverName)
      .join("\n"),
  );
});
afterAll(async () => {
  await federation.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

// One story, told in order: each step stands on the one before.

test("a server that opts out leaves only the fact in every answer", async () => {
  await run("sweep", "--file", namesFile);
  const name = published();
  expect(jsonLines((await run("show", "--json", name)).stdout)).toMatchObject([{ revision: 1 }]);
  const { status, stdout } = await run("optout", "--json", name.toUpperCase());
  expect({ status, answers: jsonLines(stdout) }).toEqual({
    status: 0,
    answers: [{ serverName: name, hostname: name, domain: null, optedOut: 1, optedOutBefore: 0 }],
  });
  const show = await run("show", name);
  expect(show.stdout).toContain("asked not to be listed");
  expect(show.stdout).not.toContain("@");
  expect(jsonLines((await run("history", "--json", name)).stdout)).toEqual([
    expect.objectContaining({ record: "change", details: null }),
  ]);
  expect(jsonLines((await run("changes", "--json", "--server", name)).stdout)).toMatchObject([{ details: null }]);
  const route = await run("route", "--json", `@spam:${name}`);
  expect(route.status).toBe(1);
  expect(jsonLines(route.stdout)).toMatchObject([{ servers: [{ methods: [], tried: [{ code: "opted-out" }] }] }]);
  const row = jsonLines((await run("export")).stdout).find(({ serverName }) => serverName === name);
  expect(row).toMatchObject({ optedOut: true, contacts: [], supportPage: null, revision: null });
  expect(jsonLines((await run("stats", "--json")).stdout)).toMatchObject([{ optedOut: 1 }]);
});

test("another port, another case and a dot at the end are the same server", async () => {
  const name = published();
  const again = await run("optout", "--json", `${name.toUpperCase()}.:8448`);
  expect(jsonLines(again.stdout)).toEqual([
    { serverName: `${name}:8448`, hostname: name, domain: null, optedOut: 0, optedOutBefore: 1 },
  ]);
  for (const command of ["show", "history"]) {
    expect(await run(command, `${name}:8448`)).toMatchObject({
      status: 1,
      stderr: `switchboard: the operator of ${name}:8448 asked not to be listed\n`,
    });
  }
  expect((await run("show", `${name}.`)).stdout).toContain("asked not to be listed");
});

test("no list brings it back, and no sweep asks it again", async () => {
  const name = published();
  const add = await run("add", "--json", name);
  expect(add.status).toBe(1);
  expect(jsonLines(add.stdout)).toEqual([
    { added: 0, known: 0, rejected: [expect.objectContaining({ name, code: "opted-out" })] },
  ]);
  const sweep = await run("sweep", "--json", "--file", namesFile);
  expect(sweep.stderr).toContain("0 names added, 29 known already, 1 rejected");
  expect(jsonLines(sweep.stdout)).toMatchObject([{ probed: 29 }]);
});

test("a second opt-out of the same name says that it was out before", async () => {
  const { status, stdout } = await run("optout", published());
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${published()} was opted out before\n` });
});

test("a domain opts out with all that is known under it and all that is heard of later", async () => {
  const { status, stdout } = await run("optout", "--domain", published());
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout:
      "fed.test and every name under it are opted out: 29 known hostnames now, 1 before; names heard of later are not taken in\n",
  });
  expect(jsonLines((await run("add", "--json", "new.fed.test", "new.example.org")).stdout)).toMatchObject([
    { added: 1, rejected: [{ name: "new.fed.test", code: "opted-out" }] },
  ]);
  const rows = jsonLines((await run("export")).stdout).filter(({ optedOut }) => !optedOut);
  expect(rows.map(({ serverName }) => serverName)).toEqual(["new.example.org"]);
});

test("a contact route or a look at a name never held under that domain says so", async () => {
  expect((await run("show", "never-heard-of.fed.test")).stderr).toContain("asked not to be listed");
  const { status, stdout } = await run("route", "--json", "@spam:never-heard-of.fed.test", "@spam:new.example.org");
  expect(status).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([
    { servers: [{ tried: [{ code: "opted-out" }] }] },
    { servers: [{ tried: [{ code: "unprobed" }] }] },
  ]);
});

test("the way back of a domain is a command, too, and leaves out who opted out by themselves", async () => {
  const name = published();
  const other = federation.names().find(({ serverName }) => serverName !== name)?.serverName ?? "";
  expect(await run("optin", other)).toMatchObject({ status: 1, stderr: expect.stringContaining("all of fed.test") });
  const domain = await run("optin", "--json", "--domain", other);
  expect({ status: domain.status, answers: jsonLines(domain.stdout) }).toEqual({
    status: 0,
    answers: [
      { serverName: other, hostname: other, domain: "fed.test", optedIn: 29, stillOptedOut: 1, way: null, since: null },
    ],
  });
  expect(await run("optin", "--domain", other)).toMatchObject({
    status: 1,
    stderr: "switchboard: fed.test has not opted out as a whole\n",
  });
});

test("the way back of a name makes it due, and a sweep finds anew what it publishes", async () => {
  const name = published();
  expect(jsonLines((await run("optin", "--json", name)).stdout)).toMatchObject([
    {
      serverName: name,
      domain: null,
      optedIn: 1,
      stillOptedOut: 0,
      way: "command",
      since: expect.stringMatching(/Z$/),
    },
  ]);
  const again = await run("optin", name);
  expect(again).toMatchObject({ status: 1, stdout: "", stderr: `switchboard: ${name} has not opted out\n` });
  expect(jsonLines((await run("sweep", "--json")).stdout)).toMatchObject([{ probed: 31, optedOut: 0 }]);
  expect(jsonLines((await run("show", "--json", name)).stdout)).toMatchObject([{ revision: 1 }]);
});

test("who asks by document or by DNS is out after a sweep, and by optin only until the next", async () => {
  const [one = "", other = ""] = federation.names().map(({ serverName }) => serverName);
  federation.setBehaviour(one, { family: "opt-out", how: "document-key" });
  federation.setBehaviour(other, { family: "opt-out", how: "dns-record" });
  const sweep = await run("sweep", "--file", namesFile);
  expect(sweep.stdout).toMatch(/^28 probed .*; 2 opted out\n$/);
  expect((await run("optin", one)).stdout).toContain("by its support document; while that still says so");
  expect((await run("optin", other)).stdout).toContain("by its DNS; while that still says so");
  expect(jsonLines((await run("sweep", "--json")).stdout)).toMatchObject([{ probed: 0, optedOut: 2 }]);
});

test("a sweep is led to nobody who opted out, and probe, which knows of no directory, says what it sees", async () => {
  const name = "led-away.fed.test";
  federation.setBehaviour(name, { family: "redirect", how: "other-host" });
  expect((await run("probe", name)).stdout).toContain(": document");
  await run("optout", `static.${name}`);
  await run("add", name);
  await run("sweep");
  expect((await run("show", name)).stdout).toMatch(/condition +refused \(redirect-to-opted-out\)/);
});

test("probe and lint say that a document or DNS asks for it", async () => {
  const [one = "", other = ""] = federation.names().map(({ serverName }) => serverName);
  const probe = await run("probe", one, other);
  expect(probe.stdout).toContain("the server is to be left alone [asks-not-to-be-listed]");
  expect(probe.stdout).toContain(`refused (opted-out)`);
  expect(probe.stdout).toContain(`TXT _switchboard.${other} says directory=no`);
  expect(jsonLines((await run("probe", "--json", one, other)).stdout)).toMatchObject([
    { optOut: "document", outcome: { kind: "document" } },
    { optOut: "dns", outcome: { kind: "refused", reason: "opted-out" } },
  ]);
});

test.each(["192.0.2.1", "localhost", "co.uk"])("%s lies under no domain that could opt out", async (name) => {
  const { status, stderr } = await run("optout", "--domain", name);
  expect(status).toBe(2);
  expect(stderr).toContain(name);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a name that is none is refused, and the help has an example", async () => {
  expect(await run("optout", "https://example.org")).toMatchObject({ status: 2 });
  expect((await run("optout", "--help")).stdout).toContain("$ switchboard optout --domain");
  expect((await run("optin", "--help")).stdout).toContain("$ switchboard optin --domain");
});

function published(): string {
  const server = federation.names().find(({ truth }) => truth?.kind === "document" && truth.verdict === "valid");
  if (server === undefined) throw new Error("the federation has no good server");
  return server.serverName;
}
