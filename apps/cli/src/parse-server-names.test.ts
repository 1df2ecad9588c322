import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseServerName, serverKeyOf } from "@switchboard/domain";
import { expect, test } from "vitest";
import { readCandidates, readServerNames } from "./parse-server-names.ts";

const BUNDLED = fileURLToPath(new URL("../server-names.txt", import.meta.url));
const nothing = () => Readable.from([]);

test("the bundled list has at least 150 names, all good and each once", async () => {
  const { names, rejected } = await readCandidates(
    { names: [], file: BUNDLED },
    { stdin: nothing(), environment: { allowNetworks: [] } },
  );
  expect(rejected).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(150);
  expect(new Set(names.map(serverKeyOf)).size).toBe(names.length);
});

test("lines are counted as an editor counts them, whatever ends them", async () => {
  const input = Readable.from(["\ufeffa.example.org\r\n# comment\r\n\r\nnot a name\r\n  b.example.org  "]);
  const { names, rejected } = await readServerNames({ names: ["-", "c d"], file: null }, input, parseServerName);
  expect(names).toEqual(["a.example.org", "b.example.org"]);
  expect(rejected).toMatchObject([
    { line: 4, name: "not a name" },
    { line: null, name: "c d" },
  ]);
});

test("a hopeless name is set aside, unless networks of one's own are allowed", async () => {
  const read = (allowNetworks: readonly string[]) =>
    readCandidates({ names: ["matrix.local"], file: null }, { stdin: nothing(), environment: { allowNetworks } });
  expect(await read([])).toMatchObject({ names: [], rejected: [{ error: { code: "candidate-reserved" } }] });
  expect(await read(["10.0.0.0/8"])).toEqual({ names: ["matrix.local"], rejected: [] });
});
