import { toPrintable } from "./printable-text.ts";

/** Why a text is no identifier of its kind. Every parser of identifiers answers with this instead of throwing. */
export type IdentifierError = {
  /** Stable, kebab-case, prefixed by the kind: `server-name-port`, `user-id-too-long`. */
  readonly code: string;
  /** What is wrong, naming the value (cut to about 100 characters, invisible characters escaped). */
  readonly message: string;
  /** What to write instead. */
  readonly hint: string;
};

const QUOTED_CHARACTERS = 100;

/** `text` between quotation marks, cut to about 100 characters, safe to print on a terminal or in a log line. */
export function quoteText(text: string): string {
  return `"${toPrintable(text, QUOTED_CHARACTERS).replaceAll('"', '\\"')}"`;
}
