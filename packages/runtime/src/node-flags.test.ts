import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { NODE_FLAGS } from "./node-flags.ts";

test("the image starts Node with the same flags", async () => {
  const dockerfile = await readFile(new URL("../../../Dockerfile", import.meta.url), "utf8");
  const [, entrypoint] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  expect(JSON.parse(entrypoint ?? "null")).toEqual(["node", ...NODE_FLAGS]);
});
