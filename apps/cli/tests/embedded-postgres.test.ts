import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attachPostgres } from "@switchboard/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonLines, runCli } from "./run-cli.ts";

let folder: string;
let variables: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard embedded-"));
  variables = { SWITCHBOARD_DATA_DIR: join(folder, "data") };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("commands without a database start one of their own, share it, and leave none running", async () => {
  const runs = await Promise.all(
    ["a", "b", "c"].map((name) => runCli(["add", "--json", `${name}.example.org`], { variables })),
  );
  expect(runs.map(({ status, stdout }) => ({ status, answer: jsonLines(stdout) }))).toEqual(
    Array.from({ length: 3 }, () => ({ status: 0, answer: [{ added: 1, known: 0, rejected: [] }] })),
  );
  expect(await attachPostgres({ dataDir: join(folder, "data") })).toBeNull();
  const { stdout } = await runCli(["stats", "--json"], { variables });
  expect(jsonLines(stdout)).toMatchObject([{ names: 3, unprobed: 3, due: 3 }]);
  expect(await attachPostgres({ dataDir: join(folder, "data") })).toBeNull();
});

test("migrate says what it did, and the second time that nothing was to do", async () => {
  const fresh = { SWITCHBOARD_DATA_DIR: join(folder, "fresh") };
  const [first] = jsonLines((await runCli(["migrate", "--json"], { variables: fresh })).stdout);
  expect(first.applied.length).toBeGreaterThan(0);
  expect((await runCli(["migrate"], { variables: fresh })).stdout).toBe("up to date\n");
});
