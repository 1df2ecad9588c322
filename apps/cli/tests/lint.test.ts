import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jsonLines, runCli } from "./run-cli.ts";

let folder: string;
let good: string;
let bad: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchboard lint-"));
  good = join(folder, "good.json");
  bad = join(folder, "bad.json");
  const contact = { role: "m.role.security", email_address: "security@example.com" };
  await writeFile(good, JSON.stringify({ contacts: [contact] }));
  await writeFile(bad, JSON.stringify({ contacts: [{ ...contact, role: "admin" }] }));
});
afterAll(() => rm(folder, { recursive: true }));

test("a document without errors is status 0, one with errors 1", async () => {
  expect(await runCli(["lint", good])).toMatchObject({ status: 0, stdout: expect.stringContaining("valid") });
  expect(await runCli(["lint", bad])).toMatchObject({ status: 1, stdout: expect.stringContaining("/contacts/0/role") });
  expect((await runCli(["lint", good, bad])).status).toBe(1);
});

test("with --json there is one object a file, in their order, and standard input is one", async () => {
  const { status, stdout } = await runCli(["lint", "--json", bad, "-", good], { input: "<html>" });
  expect(status).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([
    { file: bad, verdict: "usable", document: { contacts: [{ role: "admin" }] }, rulesVersion: expect.any(Number) },
    { file: "-", verdict: "unusable", document: null },
    { file: good, verdict: "valid", findings: expect.any(Array) },
  ]);
});

test("a file that cannot be read is status 2 and does not keep the others from being judged", async () => {
  const { status, stdout, stderr } = await runCli(["lint", "--json", join(folder, "none.json"), folder, good]);
  expect(status).toBe(2);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  expect(jsonLines(stdout)).toMatchObject([{ file: good }]);
});

test("a document larger than may be served is judged without being read whole", async () => {
  const { status, stdout } = await runCli(["lint", "--json", "-"], { input: `{"x":"${"x".repeat(200_000)}"}` });
  expect(status).toBe(1);
  expect(jsonLines(stdout)).toMatchObject([{ verdict: "unusable" }]);
});

test("knowing whose document it is adds what hurts that server", async () => {
  const own = JSON.stringify({ contacts: [{ role: "m.role.admin", matrix_id: "@admin:example.org" }] });
  const codes = async (args: string[]) =>
    jsonLines((await runCli(["lint", "--json", ...args, "-"], { input: own })).stdout)[0].findings.length;
  expect(await codes(["--server", "example.org"])).toBe((await codes([])) + 1);
});

test("nothing in a document reaches the terminal as a command", async () => {
  const hostile = JSON.stringify({ contacts: [{ role: "\u001b[2J\u202eadmin", email_address: "a@example.org" }] });
  const { stdout } = await runCli(["lint", "-"], { input: hostile });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
