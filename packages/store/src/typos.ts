/** What names are written with; only a port has a colon, and only a literal of IPv6 brackets. */
const CHARACTERS = [..."abcdefghijklmnopqrstuvwxyz0123456789-."];

/**
 * The text as it may have been meant: itself, and all with one character more, one less, another one, or two neighbours
 * swapped. Where only names with the first so many characters of the text are known, nothing behind these can be the one slip.
 */
export function withOneSlip(text: string, known: number): readonly string[] {
  const characters = [...text];
  const meant = new Set([text]);
  for (let place = 0; place <= Math.min(known, characters.length); place += 1) {
    const before = characters.slice(0, place).join("");
    const [here = "", next = "", ...others] = characters.slice(place);
    const after = others.join("");
    meant.add(before + next + after);
    meant.add(before + next + here + after);
    for (const character of CHARACTERS) {
      meant.add(before + character + here + next + after);
      meant.add(before + character + next + after);
    }
  }
  return [...meant];
}
