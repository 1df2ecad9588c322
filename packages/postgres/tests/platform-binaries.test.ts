import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { restoreSymlinks } from "../src/platform-binaries.ts";

let native: string;

beforeEach(async () => {
  native = join(await mkdtemp(join(tmpdir(), "switchboard-binaries-")), "native");
  await mkdir(join(native, "lib"), { recursive: true });
  await writeFile(join(native, "lib", "liby.so.1.2"), "library");
  await writeFile(
    join(native, "pg-symlinks.json"),
    JSON.stringify([{ source: "native/lib/liby.so.1.2", target: "native/lib/liby.so.1" }, "nonsense"]),
  );
});

afterEach(() => rm(join(native, ".."), { recursive: true, force: true }));

test("restores the links that the package's install script would have made, once and again", async () => {
  await restoreSymlinks(native);
  await restoreSymlinks(native);
  expect(await readlink(join(native, "lib", "liby.so.1"))).toBe("liby.so.1.2");
  expect(await readFile(join(native, "lib", "liby.so.1"), "utf8")).toBe("library");
});
