/**
 * Whether arrays and objects are nested deeper than `limit` in a text that reads as JSON or JSON5, in one pass without
 * recursion: parsers and everything after them recurse, so this is asked first. Strings and comments do not count.
 */
export function isNestedDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let index = 0;
  while (index < text.length) {
    const character = text.charAt(index);
    if (character === "{" || character === "[") {
      depth += 1;
      if (depth > limit) return true;
    } else if (character === "}" || character === "]") {
      depth -= 1;
    } else if (character === '"' || character === "'") {
      index = endOfString(text, index);
    } else if (character === "/") {
      index = endOfComment(text, index);
    }
    index += 1;
  }
  return false;
}

/** The index of the closing quotation mark of the string that begins at `start`, or of the end of the text. */
function endOfString(text: string, start: number): number {
  const quote = text.charAt(start);
  let index = start + 1;
  while (index < text.length && text.charAt(index) !== quote) {
    index += text.charAt(index) === "\\" ? 2 : 1;
  }
  return index;
}

/** The index of the last character of the comment that begins at `start`; `start` itself where none does. */
function endOfComment(text: string, start: number): number {
  const kind = text.slice(start, start + 2);
  if (kind === "//") {
    const end = text.slice(start).search(/[\n\r]/);
    return end < 0 ? text.length : start + end;
  }
  if (kind === "/*") {
    const end = text.indexOf("*/", start + 2);
    return end < 0 ? text.length : end + 1;
  }
  return start;
}
