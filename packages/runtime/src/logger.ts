import { type Logger, pino, stdSerializers } from "pino";
import pretty from "pino-pretty";
import type { LogLevel } from "./environment.ts";

export type { Logger } from "pino";

/**
 * What is never written down, wherever it turns up in a log line: what people look up (entities, queries), what operators publish
 * (contacts), and credentials. A safety net: the rule is not to hand these to a logger at all.
 */
const NEVER_LOGGED = [
  "contact",
  "contacts",
  "document",
  "email_address",
  "matrix_id",
  "support_page",
  "entity",
  "entities",
  "query",
  "body",
  "raw",
  "authorization",
  "password",
  "token",
  "connectionString",
];

/**
 * A logger that writes to standard output or standard error: lines for people where that is a terminal, else JSON, one
 * object a line. It writes at once, so that the last line before an exit is not lost.
 */
export function createLogger({
  name,
  level,
  destination,
}: {
  readonly name: string;
  readonly level: LogLevel;
  readonly destination: "stdout" | "stderr";
}): Logger {
  const stream = process[destination];
  const options = {
    name,
    level,
    redact: { paths: NEVER_LOGGED.flatMap((key) => [key, `*.${key}`]), censor: "[not logged]" },
    serializers: { err: serializeError },
  };
  return stream.isTTY
    ? pino(options, pretty({ destination: stream.fd, sync: true, ignore: "pid,hostname" }))
    : pino(options, pino.destination({ fd: stream.fd, sync: true }));
}

/**
 * An error as its type, code, message and stack. Its other properties stay out: a database error's `detail`, `where` and
 * parameters repeat the row, and the row may hold contacts.
 */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const { type, message, stack } = stdSerializers.err(error);
  return { type, ...("code" in error ? { code: error.code } : {}), message, stack };
}
