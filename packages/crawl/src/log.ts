/** Where a crawl reports what went wrong. A pino logger is one. */
export type Log = {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};
