import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DISCOVERY_POLICY, decideDiscovered, type ServerSoftware } from "@switchboard/domain";
import { type Federation, startFederation } from "@switchboard/simulator";
import { createStore, migrate } from "@switchboard/store";
import { buildDiscoveryReport, createTestDatabase, type TestDatabase, toServerKey } from "@switchboard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { federationVariables, jsonLines, type RunOptions, runCli } from "./run-cli.ts";

let folder: string;
let federation: Federation;
let database: TestDatabase;
let variables: Record<string, string>;

const run = (args: readonly string[], options: RunOptions = {}) => runCli(args, { variables, ...options });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard-directory-"));
  federation = await startFederation({ names: 80 });
  database = await createTestDatabase({ prepare: (connectionString) => migrate({ connectionString }) });
  variables = { ...federationVariables(federation), DATABASE_URL: database.connectionString };
});
afterAll(async () => {
  await federation.stop();
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Records that this server, which was probed, says that it runs this. */
async function discover(name: string, software: ServerSoftware): Promise<void> {
  const store = createStore({
    connectionString: database.connectionString,
    poolSize: 1,
    applicationName: "cli tests",
    onBadRow: () => {},
  });
  try {
    const serverName = toServerKey(name);
    // Whatever else is held comes due by the end of its lease.
    const claims = await store.claimDueDiscoveries({ limit: 10_000, leaseMs: 1_000 });
    const claim = claims.find((one) => one.serverName === serverName);
    if (claim === undefined) throw new Error(`${name} is not due`);
    const { state, token } = claim;
    const report = buildDiscoveryReport({ serverName, software });
    const decision = decideDiscovered({ state, report, policy: DISCOVERY_POLICY, jitter: 0.5 });
    await store.recordDiscoveries([{ serverName, token, decision, discoveredAt: report.discoveredAt }]);
  } finally {
    await store.close();
  }
}

// One story, told in order: each step stands on the one before.

test("add adds what is good of a file and lists what is not with its line", async () => {
  const names = Array.from({ length: 997 }, (_, n) => `n${n}.example.org`);
  const file = join(folder, "names.txt");
  await writeFile(
    file,
    ["# names", ...names, "http://example.org", "", "exa mple.org", "example.org:99999"].join("\n"),
  );
  const { status, stdout, stderr } = await run(["add", "--json", "--file", file]);
  expect(status).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([
    { added: 997, known: 0, rejected: [{ line: 999 }, { line: 1001, name: "exa mple.org" }, { line: 1002 }] },
  ]);
  expect(stderr).toMatch(/line 999: .*\n.*line 1001: .*\n.*line 1002: /);
});

test("sweep probes the names of a file and everything else that is due", async () => {
  const servers = federation.names();
  const file = join(folder, "federation.txt");
  await writeFile(file, servers.map(({ serverName }) => serverName).join("\n"));
  const { status, stdout, stderr } = await run(["sweep", "--json", "--file", file]);
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("80 names added") });
  const kinds = (kind: string) => servers.filter(({ truth }) => truth?.kind === kind).length;
  expect(jsonLines(stdout)).toEqual([
    {
      probed: 997 + 80,
      outcomes: {
        document: kinds("document"),
        absent: kinds("absent"),
        unusable: kinds("unusable"),
        unreachable: kinds("unreachable") + 997,
        refused: kinds("refused"),
      },
      changes: expect.any(Number),
      deferred: expect.any(Number),
      optedOut: 0,
      wallMs: expect.any(Number),
      cpuMs: expect.any(Number),
    },
  ]);
  expect(jsonLines((await run(["sweep", "--json"])).stdout)).toMatchObject([{ probed: 0, changes: 0 }]);
});

test("every server is listed with its outcome", async () => {
  const { status, stdout } = await run(["export"]);
  expect(status).toBe(0);
  const rows = new Map(jsonLines(stdout).map((row) => [row.serverName, row]));
  expect(rows.size).toBe(997 + 80);
  for (const { serverName, truth } of federation.names()) {
    const row = rows.get(serverName);
    expect({ serverName, kind: row.condition.state, reason: row.condition.reason }).toEqual({
      serverName,
      kind: truth?.kind,
      reason: truth !== null && "reason" in truth ? truth.reason : null,
    });
  }
});

test("show, history, changes and route tell the same of one server", async () => {
  const { serverName } = published();
  const show = await run(["show", "--json", serverName]);
  const [listing] = jsonLines(show.stdout);
  expect({ ...listing, status: show.status }).toMatchObject({
    status: 0,
    serverName,
    revision: 1,
    condition: { state: "document" },
    freshness: { state: "fresh" },
  });
  const history = jsonLines((await run(["history", "--json", serverName])).stdout);
  expect(history).toMatchObject([
    { record: "revision", revision: 1 },
    { record: "change", kind: "document-published" },
    { record: "span", kind: "document", count: 1 },
  ]);
  const changes = jsonLines((await run(["changes", "--json", "--server", serverName])).stdout);
  expect(changes).toMatchObject([{ kind: "document-published", details: { document: listing.document } }]);
  const route = await run(["route", "--json", `@spam:${serverName}`]);
  expect(route.status).toBe(0);
  const [{ servers }] = jsonLines(route.stdout);
  expect(servers).toMatchObject([{ serverName, relation: "author", freshness: { state: "fresh" } }]);
  for (const command of [
    ["show", serverName],
    ["history", serverName],
    ["route", serverName],
    ["changes"],
    ["stats"],
  ]) {
    const { status, stdout } = await run(command);
    expect({ command, status, length: stdout.length > 40 }).toEqual({ command, status: 0, length: true });
  }
});

test("show, history, stats and export tell what a server runs, once that was read", async () => {
  const { serverName } = published();
  const about = async (command: string) => (await run([command, serverName])).stdout;
  expect(await about("show")).not.toContain("software");
  await discover(serverName, { name: "Synapse", version: "1.98.0\u{202e}" });
  expect(await about("show")).toMatch(/software +Synapse 1\.98\.0.*\n +online since +/);
  expect(await about("history")).toMatch(/software\n.*Synapse 1\.98\.0/);
  expect((await run(["stats"])).stdout).toMatch(/1 +online\n.*\n +1 +Synapse\n/);
  expect((await run(["export", "--format", "csv"])).stdout).toMatch(
    new RegExp(`^${serverName},.*,Synapse,1\\.98\\.0`, "m"),
  );
  const [row] = jsonLines((await run(["history", "--json", serverName])).stdout).slice(-1);
  expect(row).toMatchObject({ record: "software", name: "Synapse" });
});

test("the feed goes on where its cursor says and ends where it ends", async () => {
  const whole = jsonLines((await run(["changes", "--json", "--since", "start"])).stdout);
  const cursor = whole.at(-1).resumeCursor;
  expect(jsonLines((await run(["changes", "--json", "--since", cursor])).stdout)).toEqual([]);
  const first = jsonLines((await run(["changes", "--json", "--since", "start", "--limit", "7"])).stdout);
  const rest = jsonLines((await run(["changes", "--json", "--since", first.at(-1).resumeCursor])).stdout);
  expect([...first, ...rest].map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
  expect(await run(["changes", "--since", "gossip"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("gossip"),
  });
});

test("route answers a batch in its order and says which lines it could not read", async () => {
  const { serverName } = published();
  const input = `@a:${serverName}\nmailto:x@example.org\nunheard-of.example.org\n`;
  const { status, stdout, stderr } = await run(["route", "--json", "-"], { input });
  expect(status).toBe(1);
  expect(stderr).toContain("line 2");
  expect(jsonLines(stdout)).toMatchObject([
    { entity: `@a:${serverName}`, kind: "user" },
    { entity: "mailto:x@example.org", error: { code: expect.any(String), hint: expect.any(String) } },
    { entity: "unheard-of.example.org", servers: [{ methods: [] }] },
  ]);
});

test("what is not in the directory is status 1 with the way on", async () => {
  for (const command of ["show", "history"]) {
    const { status, stdout, stderr } = await run([command, "unheard-of.example.org"]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toContain("switchboard add unheard-of.example.org");
  }
});

test("an export has a header and leaves addresses out when told", async () => {
  const csv = (await run(["export", "--format", "csv", "--no-addresses"])).stdout.split("\n");
  expect(csv[0]).toMatch(/^server_name,/);
  expect(csv[0]).not.toContain("email_address");
  expect(csv.join("\n")).not.toMatch(/@/);
});

test("a key is shown once, listed without its secret, and revoked", async () => {
  const [made] = jsonLines((await run(["keys", "create", "--json", "a team"])).stdout);
  expect(made.secret).toEqual(expect.any(String));
  const listed = await run(["keys", "list", "--json"]);
  expect(jsonLines(listed.stdout)).toMatchObject([{ id: made.id, label: "a team", revokedAt: null }]);
  expect(listed.stdout).not.toContain(made.secret);
  expect((await run(["keys", "revoke", made.id])).status).toBe(0);
  expect((await run(["keys", "revoke", "none"])).status).toBe(1);
});

function published() {
  const server = federation.names().find(({ truth }) => truth?.kind === "document" && truth.verdict === "valid");
  if (server === undefined) throw new Error("the federation has no good server");
  return server;
}
