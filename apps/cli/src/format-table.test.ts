import { expect, test } from "vitest";
import { formatTable } from "./format-table.ts";

test("aligns columns and leaves no trailing spaces", () => {
  expect(
    formatTable(
      [
        ["a", "long cell", ""],
        ["äöü", "b", "c"],
      ],
      "> ",
    ),
  ).toBe("> a    long cell\n> äöü  b          c");
});
