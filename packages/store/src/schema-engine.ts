import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { PrismaPg } from "@prisma/adapter-pg";
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from "@prisma/driver-adapter-utils";
import type { SchemaEngine } from "@prisma/schema-engine-wasm/schema_engine_bg";
import pg from "pg";

type SchemaEngineBindings = typeof import("@prisma/schema-engine-wasm/schema_engine_bg");

// The part of the WebAssembly interface used here: the compiler's library leaves it to the DOM's types.
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

const SCHEMA_FILE = fileURLToPath(new URL("../../../prisma/schema.prisma", import.meta.url));

/** The bindings hold one instance for the whole process: loading them twice would pull it from under a running engine. */
let loadedBindings: Promise<SchemaEngineBindings> | undefined;

/**
 * Loads Prisma's schema engine from its WebAssembly package: the command line would download a native one instead.
 * The package's own entry imports the .wasm file as a module, which is experimental in Node.
 */
async function loadBindings(): Promise<SchemaEngineBindings> {
  const bindings = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const location = new URL("schema_engine_bg.wasm", import.meta.resolve("@prisma/schema-engine-wasm/schema_engine_bg"));
  const imports: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(bindings)) if (typeof value === "function") imports[name] = value;
  // The engine never clears its lock's ten-second timer: it must not keep a process alive that is done.
  for (const name of Object.keys(imports).filter((key) => key.startsWith("__wbg_setTimeout"))) {
    imports[name] = (callback: () => void, ms: number) => setTimeout(callback, ms >>> 0).unref();
  }
  const { instance } = await WebAssembly.instantiate(await readFile(location), { "./schema_engine_bg.js": imports });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports["__wbindgen_start"];
  if (typeof start === "function") start();
  // The engine hands the text of a panic to this global and to nothing else; without it the panic has no words.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: throwPanic } });
  return bindings;
}

function throwPanic(message: string): never {
  throw new Error(`Prisma's schema engine panicked: ${message}`);
}

/** A database for the engine; `adapt` makes Prisma's adapter on the pool, where it must not be Prisma's own. */
export type EngineDatabase = {
  readonly connectionString: string;
  readonly adapt?: (pool: pg.Pool) => SqlMigrationAwareDriverAdapterFactory;
};

/** Runs `use` with a schema engine connected to a database, knowing the project's schema.prisma. */
export async function withSchemaEngine<T>(
  database: EngineDatabase,
  use: (engine: SchemaEngine, schema: { path: string; content: string }) => Promise<T>,
): Promise<T> {
  loadedBindings ??= loadBindings();
  const { SchemaEngine } = await loadedBindings;
  const schema = { path: "schema.prisma", content: await readFile(SCHEMA_FILE, "utf8") };
  const pool = new pg.Pool({ connectionString: database.connectionString, application_name: "switchboard-migrate" });
  try {
    const adapter = bindMigrationAwareSqlAdapterFactory(database.adapt?.(pool) ?? new PrismaPg(pool));
    const engine = await SchemaEngine.new({ datamodels: [[schema.path, schema.content]] }, () => undefined, adapter);
    try {
      return await use(engine, schema);
    } finally {
      engine.free();
    }
  } finally {
    // The engine's own lock lives as long as its session: the next migrator would wait for an idle connection's end.
    await pool.end();
  }
}
