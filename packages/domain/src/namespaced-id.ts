import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";

declare const namespacedIdBrand: unique symbol;

/** A common namespaced identifier (appendices, "Common Namespaced Identifier Grammar"), such as the role of a contact. */
export type NamespacedId = string & { readonly [namespacedIdBrand]: true };

export type ParsedNamespacedId = {
  readonly namespacedId: NamespacedId;
  /** `matrix`: reserved to the spec (`m.`). `vendor`: has a namespace (`org.example.abuse`). `none`: has none, which it should. */
  readonly namespace: "matrix" | "vendor" | "none";
};

const MAX_CHARACTERS = 255;
const GRAMMAR = /^[a-z][a-z0-9\-_.]*$/;
const VENDOR = /^[^.]+\.[^.]/;

/** Parses a common namespaced identifier: 1–255 characters of `a-z`, `0-9`, `-`, `_` and `.`, the first a letter. */
export function parseNamespacedId(text: string): Result<ParsedNamespacedId, IdentifierError> {
  if (text.length > MAX_CHARACTERS) {
    return err({
      code: "namespaced-id-too-long",
      message: `${quoteText(text)} has ${text.length} characters; an identifier has at most ${MAX_CHARACTERS}`,
      hint: "Choose a shorter identifier.",
    });
  }
  if (!GRAMMAR.test(text)) {
    return err({
      code: "namespaced-id-character",
      message: `${quoteText(text)} is no namespaced identifier: it begins with a letter a–z and has only a–z, 0–9, "-", "_" and "."`,
      hint: "Write it in lower case, with your domain reversed in front: org.example.abuse.",
    });
  }
  return ok({ namespacedId: text as NamespacedId, namespace: namespaceOf(text) });
}

function namespaceOf(text: string): ParsedNamespacedId["namespace"] {
  if (text.startsWith("m.")) return "matrix";
  return VENDOR.test(text) ? "vendor" : "none";
}
