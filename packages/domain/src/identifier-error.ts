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

/** Controls, formats (bidi overrides, zero width), line separators and lone surrogates would forge or break the line they are printed on. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}"\\]/gu;

/** `text` between quotation marks, cut to about 100 characters, safe to print on a terminal or in a log line. */
export function quoteText(text: string): string {
  const characters = [...text.slice(0, QUOTED_CHARACTERS * 2)];
  const cut = text.length > QUOTED_CHARACTERS * 2 || characters.length > QUOTED_CHARACTERS;
  const shown = characters
    .slice(0, QUOTED_CHARACTERS)
    .join("")
    .replace(UNPRINTABLE, (character) =>
      character === '"' || character === "\\"
        ? `\\${character}`
        : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
    );
  return `"${shown}${cut ? "…" : ""}"`;
}
