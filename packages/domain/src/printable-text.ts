/** Controls, formats (bidi overrides, zero width), line separators and lone surrogates would forge or break the line they are printed on. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * `text` on one line that nothing in it can break or reorder: invisible characters become `\u{…}`, and what is longer
 * than `maxCharacters` code points is cut and ends in an ellipsis. For people to read; it cannot be turned back.
 */
export function toPrintable(text: string, maxCharacters: number): string {
  // A code point has at most two code units: slicing first keeps this cheap on a hostile megabyte.
  const characters = [...text.slice(0, (maxCharacters + 1) * 2)];
  const shown = characters
    .slice(0, maxCharacters)
    .join("")
    .replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  return characters.length > maxCharacters ? `${shown}…` : shown;
}
