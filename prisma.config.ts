import { defineConfig } from "prisma/config";

/** Where Prisma's own commands find the schema and its migrations. */
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
});
