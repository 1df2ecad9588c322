import type { ValueNode } from "@humanwhocodes/momoa";
import { describeType } from "./document-syntax.ts";
import type { Report } from "./finding-catalogue.ts";
import { quoteText } from "./identifier-error.ts";
import { MAX_URI_CHARACTERS } from "./uri.ts";

/** Where a value was served, and who takes down what is odd about it. */
export type Place = { readonly path: string; readonly report: Report };

/**
 * The text of a field that must be one, or null, with a remark: null and other types break the spec (of an array the
 * first text is read), text that is no Unicode cannot be stored, and no value longer than the longest URI could be used.
 */
export function readText(node: ValueNode, { path, report }: Place): string | null {
  if (node.type === "Null") {
    report({ code: "null-value", path, message: "this field is null instead of a text" });
    return null;
  }
  const first = node.type === "Array" ? node.elements[0]?.value : undefined;
  if (first?.type === "String") {
    const message = `this field is an array instead of a text; ${quoteText(first.value)} is read`;
    report({
      code: "wrong-type",
      path,
      message,
      hint: "Write one text; what is more belongs into a contact of its own.",
    });
    return readText(first, { path, report });
  }
  if (node.type !== "String") {
    const message = `this field is ${describeType(node)} instead of a text`;
    report({ code: "wrong-type", path, message, hint: "Write one text in double quotes." });
    return null;
  }
  const { value } = node;
  if (!isStorableText(value)) {
    report({ code: "unstorable-text", path, message: `${quoteText(value)} has a NUL or half a surrogate pair` });
    return null;
  }
  if (value.length > MAX_URI_CHARACTERS) {
    const message = `${quoteText(value)} has ${value.length} characters, more than the ${MAX_URI_CHARACTERS} that are read`;
    report({ code: "value-too-long", path, message });
    return null;
  }
  return value;
}

/** Whether text can be stored and sent on: no NUL, no half of a surrogate pair (RFC 8259 §8.2 lets both pass). */
export function isStorableText(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}
