import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { serverKeyOf } from "@switchboard/domain";
import { expect, test } from "vitest";
import { readServerNames } from "./parse-server-names.ts";

const BUNDLED = fileURLToPath(new URL("../server-names.txt", import.meta.url));
const nothing = () => Readable.from([]);

test("the bundled list has at least 150 names, all good and each once", async () => {
  const { names, rejected } = await readServerNames({ names: [], file: BUNDLED }, nothing());
  expect(rejected).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(150);
  expect(new Set(names.map(serverKeyOf)).size).toBe(names.length);
});

test("lines are counted as an editor counts them, whatever ends them", async () => {
  const input = Readable.from(["\ufeffa.example.org\r\n# comment\r\n\r\nnot a name\r\n  b.example.org  "]);
  const { names, rejected } = await readServerNames({ names: ["-", "c d"], file: null }, input);
  expect(names).toEqual(["a.example.org", "b.example.org"]);
  expect(rejected).toMatchObject([
    { line: 4, name: "not a name" },
    { line: null, name: "c d" },
  ]);
});
