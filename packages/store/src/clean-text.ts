const REPLACEMENT = "\u{FFFD}";

/**
 * What Postgres can hold of a text: no NUL, no half of a surrogate pair. Findings and headers quote hostile input, and
 * one bad character must not fail a whole batch.
 */
export function cleanText(text: string): string {
  return text.toWellFormed().replaceAll("\0", REPLACEMENT);
}

/**
 * JSON for a jsonb column. `JSON.stringify` writes NUL and lone surrogates as escapes, in keys as in values, which jsonb
 * refuses; an escaped backslash before a `u` is no escape of those.
 */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (!text.includes("\\u")) return text;
  return text.replaceAll(/\\\\|\\u0000|\\ud[89a-f][0-9a-f]{2}/g, (sequence) =>
    sequence === "\\\\" ? sequence : REPLACEMENT,
  );
}
