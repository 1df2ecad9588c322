import type { ObjectNode, ValueNode } from "@humanwhocodes/momoa";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { CONTACT_FIELDS, DOCUMENT_FIELDS } from "./document-keys.ts";
import { type DocumentTree, keyOf } from "./document-syntax.ts";

/** Moves where the canonical form changes: every revision gets a new fingerprint then. */
const FORM = "switchboard support document 1";

/**
 * Which keys of an object count: `every` with its values as served, or some, each with what counts in its value.
 * Items of a list count in any order.
 */
type Selection =
  | { readonly kind: "every" }
  | { readonly kind: "fields"; readonly fields: ReadonlyMap<string, Selection> }
  | { readonly kind: "map"; readonly values: Selection }
  | { readonly kind: "list"; readonly items: Selection };

const EVERY: Selection = { kind: "every" };

function fieldsOf(
  spellings: Readonly<Record<string, readonly { readonly key: string }[]>>,
  values: Record<string, Selection>,
): Selection {
  const fields = Object.entries(spellings).flatMap(([field, keys]) =>
    keys.map(({ key }) => [key, values[field] ?? EVERY] as const),
  );
  return { kind: "fields", fields: new Map(fields) };
}

const TRANSLATION: Selection = {
  kind: "fields",
  fields: new Map([
    ["name", EVERY],
    ["url", EVERY],
  ]),
};

const DOCUMENT: Selection = fieldsOf(DOCUMENT_FIELDS, {
  contacts: { kind: "list", items: fieldsOf(CONTACT_FIELDS, {}) },
  policies: { kind: "map", values: { kind: "map", values: TRANSLATION } },
});

/**
 * The fingerprint of a document as served: SHA-256, in hexadecimal, over a canonical form of the fields that we
 * understand, in every spelling of theirs and with values of any type, and of how the text departs from JSON. Order of
 * keys and contacts, white space, escapes and unknown keys do not matter, so that they make no revision.
 */
export function fingerprintOf(tree: DocumentTree): string {
  const syntax = [tree.hasByteOrderMark ? "byte-order-mark" : "", tree.isStrictJson ? "" : "json5"].join(" ");
  return bytesToHex(sha256(utf8ToBytes(`${FORM}\n${syntax}\n${toCanonicalText(tree.root, DOCUMENT)}`)));
}

function toCanonicalText(node: ValueNode, selection: Selection): string {
  switch (node.type) {
    case "Object":
      return toCanonicalObject(node, selection);
    case "Array": {
      const items = node.elements.map(({ value }) => toCanonicalText(value, itemSelection(selection)));
      return `[${(selection.kind === "list" ? items.toSorted() : items).join()}]`;
    }
    case "String":
      return JSON.stringify(node.value);
    case "Number":
    case "Boolean":
      return String(node.value);
    case "Null":
      return "null";
    case "NaN":
    case "Infinity":
      return node.type;
  }
}

function itemSelection(selection: Selection): Selection {
  return selection.kind === "list" ? selection.items : EVERY;
}

/** Duplicates of a key stay, in their order: which one counts differs from parser to parser. */
function toCanonicalObject(node: ObjectNode, selection: Selection): string {
  const byKey = Map.groupBy(node.members, keyOf);
  const texts = [...byKey.keys()].toSorted().flatMap((key) => {
    const inner = memberSelection(key, selection);
    if (inner === null) return [];
    return (byKey.get(key) ?? []).map(({ value }) => `${JSON.stringify(key)}:${toCanonicalText(value, inner)}`);
  });
  return `{${texts.join()}}`;
}

/** What counts in the value of a key; null where the key does not count. */
function memberSelection(key: string, selection: Selection): Selection | null {
  switch (selection.kind) {
    case "fields":
      return selection.fields.get(key) ?? null;
    case "map":
      return selection.values;
    case "list":
      // A single contact where an array of them belongs.
      return memberSelection(key, selection.items);
    case "every":
      return EVERY;
  }
}
