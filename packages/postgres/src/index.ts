export { attachPostgres } from "./attach-postgres.ts";
export { type BorrowedPostgres, borrowPostgres } from "./borrow-postgres.ts";
export { discardPostgres } from "./discard-postgres.ts";
export { EmbeddedPostgresError, type EmbeddedPostgresProblem } from "./embedded-postgres-error.ts";
export type { Durability } from "./settings.ts";
export { type EmbeddedPostgres, type StartPostgresOptions, startPostgres } from "./start-postgres.ts";
