import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { NODE_FLAGS } from "./node-flags.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

test("the image starts Node with the same flags", async () => {
  const [, entrypoint] = /^ENTRYPOINT (\[.*\])$/m.exec(await readDockerfile()) ?? [];
  expect(JSON.parse(entrypoint ?? "null")).toEqual(["node", ...NODE_FLAGS]);
});

test("what the image keeps to install from is every manifest, what they link to, and nothing of the source", async () => {
  const [, command] = /^RUN (find (?:.*\\\n)*.*)$/m.exec(await readDockerfile()) ?? [];
  const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8"));
  const folders = Object.keys(lock.packages).filter((path) => !path.includes("node_modules/"));
  const wanted = [".npmrc", "package-lock.json"];
  const context = await mkdtemp(join(tmpdir(), "switchboard-image-"));
  onTestFinished(() => rm(context, { recursive: true }));
  for (const folder of folders) {
    const manifest = join(folder, "package.json");
    const { bin = {} } = JSON.parse(await readFile(join(ROOT, manifest), "utf8"));
    wanted.push(manifest, ...Object.values<string>(bin).map((path) => join(folder, path)));
    await cp(join(ROOT, manifest), join(context, manifest));
    await cp(join(ROOT, "tsconfig.base.json"), join(context, folder, "src", "source.json"));
  }
  for (const path of wanted) await cp(join(ROOT, path), join(context, path));
  await writeFile(join(context, "README.md"), "");

  await promisify(execFile)("sh", ["-c", command ?? "false"], { cwd: context });
  const kept = (await readdir(context, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(context.length + 1));
  expect(kept.sort()).toEqual(wanted.sort());
  expect(folders).toContain("apps/cli");
});

function readDockerfile(): Promise<string> {
  return readFile(join(ROOT, "Dockerfile"), "utf8");
}
