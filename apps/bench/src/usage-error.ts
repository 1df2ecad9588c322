/** What was given on the command line cannot be used. The message is one line that names it and says what to write. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
