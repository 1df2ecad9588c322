import { PrismaPg } from "@prisma/adapter-pg";
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
} from "@prisma/driver-adapter-utils";
import { migrate } from "@switchboard/store";
import { createTestDatabase } from "@switchboard/testkit";
import type pg from "pg";
import { expect, test } from "vitest";
import { withSchemaEngine } from "../src/schema-engine.ts";

/** Columns of the internal one-byte type "char", which Postgres' catalogue uses for kinds: as asked for, and their names. */
const CHARACTERS = [
  ["constr.contype AS constraint_type,", "constr.contype::text AS constraint_type,", "constraint_type"],
  ["con.confdeltype,", "con.confdeltype::text AS confdeltype,", "confdeltype"],
  ["con.confupdtype,", "con.confupdtype::text AS confupdtype,", "confupdtype"],
] as const;

/**
 * Prisma 7.10 asks the catalogue for "char" columns that its own adapter does not know, and stops. Here the adapter reads
 * them as text and says that they are characters.
 */
function readingCharacters(pool: pg.Pool): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool);
  const adapt = (adapter: SqlDriverAdapter): SqlDriverAdapter =>
    new Proxy(adapter, {
      get(target, member) {
        if (member === "queryRaw") {
          return async (query: SqlQuery): Promise<SqlResultSet> => {
            const asked = CHARACTERS.filter(([column]) => query.sql.includes(column));
            const sql = asked.reduce((text, [column, asText]) => text.replace(column, asText), query.sql);
            const result = await target.queryRaw({ ...query, sql });
            const characters = new Set<string>(asked.map(([, , name]) => name));
            const columnTypes = result.columnTypes.map((type, place) =>
              characters.has(result.columnNames[place] ?? "") ? ColumnTypeEnum.Character : type,
            );
            return { ...result, columnTypes };
          };
        }
        const value: unknown = Reflect.get(target, member);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  return {
    provider: factory.provider,
    adapterName: factory.adapterName,
    connect: async () => adapt(await factory.connect()),
    connectToShadowDb: async () => adapt(await factory.connectToShadowDb()),
  };
}

test("schema.prisma says what the migrations make, as far as Prisma can say it", async () => {
  const database = await createTestDatabase({ prepare: (connectionString) => migrate({ connectionString }) });
  try {
    const { connectionString } = database;
    const difference = await withSchemaEngine({ connectionString, adapt: readingCharacters }, (engine, schema) =>
      engine.diff({
        from: { tag: "schemaDatasource", files: [schema], configDir: "." },
        to: { tag: "schemaDatamodel", files: [schema] },
        script: true,
        exitCode: true,
        filters: { externalTables: [], externalEnums: [] },
      }),
    );
    expect(difference).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("empty migration") });
  } finally {
    await database.drop();
  }
});
