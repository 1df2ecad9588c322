// Generates Prisma's client from prisma/schema.prisma; with --check only says whether the committed one is up to date.
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SCHEMA = "prisma/schema.prisma";
const CLIENT = "packages/store/src/generated";

/** Generates the client beside a copy of the schema: in place, a failed or differing run would break what is running. */
async function generateInto(folder: string): Promise<void> {
  await mkdir(join(folder, "prisma"), { recursive: true });
  await cp(join(ROOT, SCHEMA), join(folder, SCHEMA));
  const prisma = join(ROOT, "node_modules/prisma/build/index.js");
  const env = {
    ...process.env,
    // Prisma fetches its schema engine where this is not set, and does not run it to generate: any executable will do.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: "1",
    CHECKPOINT_DISABLE: "1",
  };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [prisma, "generate", "--schema", join(folder, SCHEMA)],
    { cwd: ROOT, env, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`prisma generate failed\n${stdout}${stderr}`);
}

/** Every file below a folder with its text, by path. */
async function readFolder(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, "utf8")] as const),
    ),
  );
}

const work = await mkdtemp(join(tmpdir(), "switchboard-prisma-"));
try {
  await generateInto(work);
  if (process.argv.includes("--check")) {
    const [fresh, committed] = [await readFolder(join(work, CLIENT)), await readFolder(join(ROOT, CLIENT))];
    const paths = new Set([...fresh.keys(), ...committed.keys()]);
    const differing = [...paths].filter((path) => fresh.get(path) !== committed.get(path));
    if (differing.length > 0) {
      console.error(`${CLIENT} is out of date (${differing.join(", ")}): run \`npm run generate\``);
      process.exitCode = 1;
    }
  } else {
    await rm(join(ROOT, CLIENT), { recursive: true, force: true });
    await cp(join(work, CLIENT), join(ROOT, CLIENT), { recursive: true });
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
