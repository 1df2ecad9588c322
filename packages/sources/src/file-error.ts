const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist; check the path",
  EISDIR: "is a folder; name a file in it",
  EACCES: "may not be read; run as a user who may, or change its mode",
};

/** What is wrong with a file that could not be read; null where the error is not one of files. */
export function describeFileError(error: unknown): string | null {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) return null;
  return REASONS[error.code] ?? `cannot be read: ${error.message}`;
}
