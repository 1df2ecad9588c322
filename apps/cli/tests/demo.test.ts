import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { discardPostgres } from "@switchboard/postgres";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { jsonLines, type RunOptions, runCli } from "./run-cli.ts";
import { PATIENCE_MS, startUp, stopEveryUp, stopUp } from "./start-up.ts";

/** Each is a demo, and a process for each command beside it: a busy machine takes its time. */
vi.setConfig({ testTimeout: 3 * PATIENCE_MS });

let folder: string;
let demoDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard demo-"));
  demoDir = join(folder, "demo");
});
afterEach(async () => {
  await stopEveryUp();
  await discardPostgres({ dataDir: demoDir });
  await rm(folder, { recursive: true, force: true });
});

const overMessage = (): string =>
  `switchboard: ${demoDir} is the data folder of a demo, which is not running: start it with "npm run demo"`;

/** Runs a command as a stranger does in a second terminal: told where the demo's data folder is, and nothing else. */
const runBeside = (args: readonly string[], { variables, input }: RunOptions = {}) =>
  runCli(args, {
    variables: { SWITCHBOARD_DATA_DIR: demoDir, ...variables },
    ...(input === undefined ? {} : { input }),
  });

async function startDemo() {
  const up = startUp(["--demo", "--names", "60"], { SWITCHBOARD_DATA_DIR: folder });
  await up.saw(/every server was probed[\s\S]*for example (\S+)/);
  return up;
}

const exampleOf = (printed: string): string => /for example \S+\/v1\/servers\/(\S+)/.exec(printed)?.[1] ?? "";

test("beside a running demo, commands reach its federation with nothing but its data folder given, and say so", async () => {
  const up = await startDemo();
  const name = exampleOf(up.printed());
  const told = `${demoDir} is the data folder of a demo: its simulated federation is reached, not the Internet\n`;

  const probed = await runBeside(["probe", "--json", name]);
  expect(probed).toMatchObject({ status: 0, stderr: told });
  expect(jsonLines(probed.stdout)).toMatchObject([{ serverName: name, outcome: { kind: "document" } }]);
  const found = await runBeside(["probe", "--federation", "--json", name]);
  expect(found.stderr).toBe(told);
  // Some simulated servers tell no version: that its address was found says that its DNS was asked.
  expect(jsonLines(found.stdout)[0]).not.toMatchObject({ reason: expect.stringMatching(/^dns-/) });

  const added = await runBeside(["add", "--json", "new.fed.test"]);
  expect(jsonLines(added.stdout)).toEqual([{ added: 1, known: 0, rejected: [] }]);
  const discovered = await runBeside(["discover", "--json", "file:-"], { input: "heard.fed.test\n" });
  expect(jsonLines(discovered.stdout)).toMatchObject([{ heard: 1, added: 1, setAside: {} }]);

  const before = await readHistory(name);
  const namesFile = join(folder, "names.txt");
  await writeFile(namesFile, `${name}\n`);
  const swept = await runBeside(["sweep", "--json", "--file", namesFile]);
  expect(swept.status).toBe(0);
  expect(swept.stderr).toContain(told);
  // The demo's own worker may have been quicker: it is one of the two, and both see the same.
  const after = await readHistory(name);
  expect(after.condition).toEqual(before.condition);
  expect(after.lastProbedAt > before.lastProbedAt).toBe(true);
});

test("the environment of a command goes before the demo's settings, and a directory elsewhere is none of the demo's", async () => {
  const up = await startDemo();
  const name = exampleOf(up.printed());
  const deaf = { SWITCHBOARD_DNS_SERVERS: "127.0.0.1:1" };

  const own = await runBeside(["probe", "--json", name], { variables: deaf });
  expect(jsonLines(own.stdout)).toMatchObject([{ outcome: { kind: "unreachable" } }]);
  expect(own.stderr).toContain("(but with SWITCHBOARD_DNS_SERVERS of the environment)");
  const empty = await runBeside(["probe", "--json", name], { variables: { SWITCHBOARD_DNS_SERVERS: " " } });
  expect(jsonLines(empty.stdout)).toMatchObject([{ outcome: { kind: "document" } }]);

  const elsewhere = { ...deaf, DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" };
  const other = await runBeside(["probe", "--json", name], { variables: elsewhere });
  expect(other).toMatchObject({ status: 1, stderr: "" });
});

test("once the demo is over, nothing is crawled in its place, and what it found can be read on", async () => {
  const up = await startDemo();
  const name = exampleOf(up.printed());
  expect(await stopUp(up)).toBe(0);
  const before = (await runBeside(["stats", "--json"])).stdout;

  for (const args of [["sweep"], ["sweep", "--file", "-"], ["add", name], ["discover", "documents"], ["probe", name]]) {
    const { status, stdout, stderr } = await runBeside(args, { input: `${name}\n` });
    expect({ args, status, stdout }).toEqual({ args, status: 3, stdout: "" });
    expect(stderr).toContain(overMessage());
  }
  const upInside = await runBeside(["up"]);
  expect(upInside).toMatchObject({
    status: 3,
    stderr: expect.stringContaining("whose servers are simulated: add --demo"),
  });
  expect((await runBeside(["stats", "--json"])).stdout).toBe(before);

  // Who follows the advice where the folder is in the environment gets the demo in its place, not one below it.
  const again = startUp(["--demo", "--names", "60"], { SWITCHBOARD_DATA_DIR: demoDir });
  await again.saw("60 new and queued");
  await expect(stat(join(demoDir, "demo"))).rejects.toThrow("ENOENT");
  expect(await runBeside(["probe", name])).toMatchObject({ status: 0 });
});

test("a demo that was killed, and could say nothing, counts as over", async () => {
  const up = await startDemo();
  const word = join(demoDir, "demo.json");
  expect(statSync(word).mode & 0o777).toBe(0o600);
  const { controlUrl } = JSON.parse(readFileSync(word, "utf8"));
  up.child.kill("SIGKILL");
  await once(up.child, "exit");
  // Its simulator ends by itself, a moment later.
  await expect
    .poll(
      () =>
        fetch(controlUrl).then(
          () => "there",
          () => "gone",
        ),
      { timeout: PATIENCE_MS },
    )
    .toBe("gone");
  const swept = await runBeside(["sweep"]);
  expect(swept).toMatchObject({ status: 3, stdout: "", stderr: expect.stringContaining(overMessage()) });
});

async function readHistory(name: string) {
  const [listing] = jsonLines((await runBeside(["show", "--json", name])).stdout);
  return listing;
}
