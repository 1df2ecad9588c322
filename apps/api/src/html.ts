import { escapeHtml, toPrintable } from "@switchboard/domain";

/** Markup that is safe to send: made by `html` only. */
export type Html = { readonly markup: string };

const MAX_TEXT_CHARACTERS = 4_096;

/**
 * Builds markup: what is written in the template stays, every value is escaped, and invisible characters in it (bidi
 * controls, zero width) are written out. Values of attributes must stand between quotation marks.
 */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Html | readonly Html[])[]
): Html {
  const parts = strings.map((text, index) => text + toMarkup(values[index] ?? ""));
  return { markup: parts.join("") };
}

function toMarkup(value: string | number | Html | readonly Html[]): string {
  if (typeof value === "object") return "markup" in value ? value.markup : value.map(toMarkup).join("");
  return escapeHtml(toPrintable(String(value), MAX_TEXT_CHARACTERS));
}
