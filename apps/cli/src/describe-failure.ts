import { EmbeddedPostgresError } from "@switchboard/postgres";
import { CannotDoError } from "./usage-error.ts";

/** Error codes of a database that cannot be reached or used: of the system, of Postgres (SQLSTATE), of Prisma. */
const DATABASE_CODES =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|28\w{3}|3D000|57P0\d|53300|P10\d\d)$/;

/** One line about an error that is not a bug of ours; null where it is one and its stack is wanted. */
export function describeFailure(error: unknown): string | null {
  if (error instanceof CannotDoError || error instanceof EmbeddedPostgresError) return toLine(error.message);
  const database = findCause(error, ({ code }) => DATABASE_CODES.test(code));
  if (database !== null) return `cannot use the database: ${toLine(database)}; check DATABASE_URL`;
  return null;
}

function findCause(error: unknown, fits: (cause: { code: string }) => boolean): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const inner = cause instanceof AggregateError ? cause.errors : [cause];
    for (const one of inner) {
      if (one instanceof Error && "code" in one && typeof one.code === "string" && fits({ code: one.code })) {
        return one.message === "" ? one.code : one.message;
      }
    }
  }
  return null;
}

function toLine(message: string): string {
  return message.trim().replace(/\s*\n\s*/g, " ");
}
