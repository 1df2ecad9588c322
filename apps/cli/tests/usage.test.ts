import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

test.each([
  [["frobnicate"], "frobnicate"],
  [["lint"], "file"],
  [["lint", "--server", "a b", "x.json"], "--server"],
  [["lint", "--colour", "x.json"], "--colour"],
  [["probe", "example.org", "https://example.org/"], "https://example.org/"],
  [["add"], "name"],
  [["show", "not a name"], "not a name"],
  [["show", "--at", "yesterday", "example.org"], "yesterday"],
  [["route", "--purpose", "revenge", "example.org"], "revenge"],
  [["route", "somebody@example.org is bad"], "entity"],
  [["changes", "--limit", "0"], "--limit"],
  [["changes", "--kind", "contact-added,gossip"], "contact-added,gossip"],
  [["export", "--format", "xml"], "xml"],
  [["keys", "create"], "label"],
  [["keys", "create", " "], "label"],
  [["up", "--names", "5"], "--names"],
  [["up", "--demo", "--documents", "/nowhere"], "/nowhere"],
])("switchboard %j is refused in one line that names it", async (args, named) => {
  const dataDir = await mkdtemp(join(tmpdir(), "switchboard-cli-"));
  const { status, stdout, stderr } = await runCli(args, {
    variables: { SWITCHBOARD_DATA_DIR: dataDir, SWITCHBOARD_HTTP_PORT: "0" },
  });
  await rm(dataDir, { recursive: true });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toContain(named);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("every problem of the environment is told at once", async () => {
  const { status, stderr } = await runCli(["stats"], {
    variables: { SWITCHBOARD_IN_FLIGHT: "many", SWITCHBOARD_HTTP_PROT: "1" },
  });
  expect(status).toBe(2);
  expect(stderr).toContain("SWITCHBOARD_IN_FLIGHT");
  expect(stderr).toContain("SWITCHBOARD_HTTP_PROT");
});

test("a database that is not there is one line, without its password", async () => {
  const { status, stderr } = await runCli(["stats"], {
    variables: { DATABASE_URL: "postgresql://somebody:hunter2@127.0.0.1:1/nothing" },
  });
  expect(status).toBe(3);
  expect(stderr).toMatch(/^switchboard: cannot use the database: .*DATABASE_URL\n$/);
  expect(stderr).not.toContain("hunter2");
});

test("up on a port in use says so before anything else", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  const port = address !== null && typeof address === "object" ? String(address.port) : "";
  const dataDir = join(tmpdir(), "switchboard-cli-never-made");
  const { status, stdout, stderr } = await runCli(["up"], {
    variables: { SWITCHBOARD_HTTP_PORT: port, SWITCHBOARD_DATA_DIR: dataDir },
  });
  server.close();
  expect({ status, stdout }).toEqual({ status: 3, stdout: "" });
  expect(stderr).toContain(`port ${port} of 127.0.0.1 is in use`);
});

describe("help", () => {
  test.each([
    "route",
    "show",
    "history",
    "changes",
    "stats",
    "export",
    "lint",
    "probe",
    "add",
    "sweep",
    "keys",
    "migrate",
    "up",
  ])("of %s has an example", async (command) => {
    const { status, stdout } = await runCli([command, "--help"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`\\$ .*switchboard ${command}`));
  });

  test("is what no command at all gets, as bad usage", async () => {
    const { status, stderr } = await runCli([]);
    expect(status).toBe(2);
    expect(stderr).toContain("Commands:");
  });
});
