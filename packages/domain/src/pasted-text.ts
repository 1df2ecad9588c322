/** White space, and the invisible characters that copying from chats and terminals brings along. */
const BLANK = /[\s\p{Cf}]/u;
const PUNCTUATION = /[.,;:!?…]/;
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

/** Deeper than anybody pastes; it bounds the work on a text made of nothing but wrappers. */
const MAX_LAYERS = 8;

/**
 * Takes off what people paste around an identifier: white space, angle brackets, quotation marks, parentheses, a Markdown
 * link's text, and the punctuation that ends a sentence. No Matrix identifier begins or ends with any of these, but for
 * the full stop of an absolute DNS name, which changes nothing. Takes linear time.
 */
export function unwrapPasted(text: string): string {
  let bare = text;
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    const inner = unwrapOnce(bare);
    if (inner === bare) break;
    bare = inner;
  }
  return bare;
}

function unwrapOnce(text: string): string {
  const trimmed = trimEnd(trimStart(text), BLANK);
  const link = MARKDOWN_LINK.exec(trimmed)?.[1];
  if (link !== undefined) return link;
  const wrapped = WRAPPERS.some(
    ([open, close]) => trimmed.length > 1 && trimmed.startsWith(open) && trimmed.endsWith(close),
  );
  return wrapped ? trimmed.slice(1, -1) : trimEnd(trimmed, PUNCTUATION);
}

// Not by a regular expression anchored at the end, which takes quadratic time on a long run in the middle.
function trimEnd(text: string, what: RegExp): string {
  let end = text.length;
  while (end > 0 && what.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && BLANK.test(text.charAt(start))) start++;
  return text.slice(start);
}
