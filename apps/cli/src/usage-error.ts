/** What the user gave cannot be used. The message is one line that names the field, the value and the fix. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for cannot be done here and now. The message is one line that says why and what to do. */
export class CannotDoError extends Error {
  override readonly name = "CannotDoError";
}
