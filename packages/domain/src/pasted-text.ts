/** White space, and the invisible characters that copying from chats and terminals brings along. */
const EDGE_BLANKS = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const TRAILING_PUNCTUATION = /[.,;:!?…]+$/;
const MARKDOWN_LINK = /^\[[^\]]*\]\((.+)\)$/s;

const WRAPPERS: readonly (readonly [string, string])[] = [
  ["<", ">"],
  ["(", ")"],
  ["{", "}"],
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
  ["“", "”"],
  ["„", "“"],
  ["‘", "’"],
  ["«", "»"],
];

/**
 * Takes off what people paste around an identifier: white space, angle brackets, quotation marks, parentheses, a Markdown
 * link's text, and the punctuation that ends a sentence. No Matrix identifier begins or ends with any of these, but for
 * the full stop of an absolute DNS name, which changes nothing.
 */
export function unwrapPasted(text: string): string {
  const trimmed = text.replace(EDGE_BLANKS, "");
  const bare = (unwrapOnce(trimmed) ?? trimmed).replace(TRAILING_PUNCTUATION, "");
  return bare === text ? text : unwrapPasted(bare);
}

function unwrapOnce(text: string): string | null {
  const link = MARKDOWN_LINK.exec(text)?.[1];
  if (link !== undefined) return link;
  const wrapper = WRAPPERS.find(([open, close]) => text.length > 1 && text.startsWith(open) && text.endsWith(close));
  return wrapper === undefined ? null : text.slice(1, -1);
}
