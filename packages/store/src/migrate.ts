import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MigrationList } from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";
import { withSchemaEngine } from "./schema-engine.ts";

const MIGRATIONS_FOLDER = fileURLToPath(new URL("../../../prisma/migrations/", import.meta.url));

/** Any fixed number: it only has to be the same for every migrator of this project. */
const MIGRATION_LOCK = 7_305_190_001;

/** The names of the migrations this code needs, in order. */
export async function listMigrationNames(): Promise<readonly string[]> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** Reads the migrations folder (Prisma's own format) as the schema engine wants it. */
async function readMigrations(): Promise<MigrationList> {
  const names = await listMigrationNames();
  const migrationDirectories = await Promise.all(
    names.map(async (name) => {
      const value = await readFile(join(MIGRATIONS_FOLDER, name, "migration.sql"), "utf8");
      return { path: name, migrationFile: { path: "migration.sql", content: { tag: "ok", value } as const } };
    }),
  );
  const lockfile = {
    path: "migration_lock.toml",
    content: await readFile(join(MIGRATIONS_FOLDER, "migration_lock.toml"), "utf8"),
  };
  return { baseDir: MIGRATIONS_FOLDER, lockfile, migrationDirectories, shadowDbInitScript: "" };
}

/**
 * Brings a database up to date and fills `_prisma_migrations` as Prisma's command line does. Answers the names of the
 * migrations applied now. Safe to run from several processes at once: they take turns on an advisory lock.
 * Throws where a migration fails, or where the database was migrated by a newer version of this code.
 */
export async function migrate(database: { connectionString: string }): Promise<{ applied: readonly string[] }> {
  const { connectionString } = database;
  const client = new pg.Client({ connectionString, application_name: "switchboard-migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    const migrationsList = await readMigrations();
    const { appliedMigrationNames } = await withSchemaEngine({ connectionString }, (engine) =>
      engine.applyMigrations({ migrationsList, filters: { externalTables: [], externalEnums: [] } }),
    );
    return { applied: appliedMigrationNames };
  } finally {
    // Closing the session gives the lock back.
    await client.end();
  }
}
