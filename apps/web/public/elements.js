/** Invisible characters that forge, hide or reorder what is read: they are shown by their number. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Text as it can be shown: nothing in it can hide or reorder anything.
 * @param {string} text
 */
function toPrintable(text) {
  return text.replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * Builds an element. Strings become text, never markup.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {readonly (Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, children = []) {
  const built = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) built.setAttribute(name, value);
  built.append(...children.map((child) => (typeof child === "string" ? toPrintable(child) : child)));
  return built;
}

/**
 * Text that somebody else wrote, isolated from the direction of what stands around it.
 * @param {string} text
 */
export function foreign(text) {
  return element("bdi", {}, [text]);
}

/**
 * A link that may be followed, else plain text. Only web pages, mail and matrix.to are ever linked.
 * @param {string | null} href
 * @param {string} text
 */
export function link(href, text) {
  if (href === null || !/^(?:https?:\/\/|mailto:)/i.test(href)) return foreign(text);
  return element("a", { href, rel: "noopener noreferrer nofollow ugc" }, [foreign(text)]);
}
