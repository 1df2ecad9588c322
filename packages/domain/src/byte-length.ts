/**
 * The length of `text` in UTF-8 bytes (Matrix bounds its identifiers in bytes: appendices, "Common Identifier Format").
 * A lone surrogate counts as the three bytes of the replacement character that an encoder would write.
 */
export function byteLengthOf(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const codePoint = text.codePointAt(index) ?? 0;
    if (codePoint < 0x80) bytes += 1;
    else if (codePoint < 0x800) bytes += 2;
    else if (codePoint < 0x10000) bytes += 3;
    else {
      bytes += 4;
      // The second half of the pair was counted with the first.
      index++;
    }
  }
  return bytes;
}
