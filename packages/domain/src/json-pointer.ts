const MAX_KEY_CHARACTERS = 200;

/**
 * The JSON pointer (RFC 6901 §3) to the member or element `key` of what `pointer` points to. A key that cannot be
 * stored as text (a NUL, half a surrogate pair) or is absurdly long cannot be pointed to: the answer is `pointer`.
 */
export function pointTo(pointer: string, key: string | number): string {
  if (typeof key === "number") return `${pointer}/${key}`;
  if (key.length > MAX_KEY_CHARACTERS || key.includes("\0") || !key.isWellFormed()) return pointer;
  return `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
