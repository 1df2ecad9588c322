import { type MemberNode, type ObjectNode, parse, type ValueNode } from "@humanwhocodes/momoa";
import { MAX_BODY_BYTES } from "./fetch-report.ts";
import type { Report } from "./finding-catalogue.ts";
import { quoteText } from "./identifier-error.ts";
import { pointTo } from "./json-pointer.ts";
import { isNestedDeeperThan } from "./nesting-depth.ts";
import { err, ok, type Result } from "./result.ts";
import type { DocumentShape } from "./support-document.ts";
import { decodeUtf8 } from "./utf8.ts";

/** A JSON object as served: keys in their order, duplicates kept, each value with its position. */
export type DocumentTree = {
  readonly root: ObjectNode;
  readonly hasByteOrderMark: boolean;
  /** False where the text was read as JSON5 only. */
  readonly isStrictJson: boolean;
};

/** Why there is no object to read. */
export type SyntaxFailure = Exclude<DocumentShape, "usable" | "nothing-published" | "nothing-usable">;

/** A support document has four levels; what lies deeper than this is there to exhaust parsers. */
const MAX_NESTING = 32;

const BYTE_ORDER_MARK = "\uFEFF";

/** Reads bytes as UTF-8 and as JSON (RFC 8259), else as JSON5, into a tree with positions. Everything odd is reported. */
export function readDocumentTree(bytes: Uint8Array, report: Report): Result<DocumentTree, SyntaxFailure> {
  if (bytes.length > MAX_BODY_BYTES) {
    const message = `the document has ${bytes.length} bytes; at most ${MAX_BODY_BYTES} are read`;
    report({ code: "too-large", path: "", message });
    return err("too-large");
  }
  const decoded = decodeUtf8(bytes);
  if (decoded === null) {
    report({ code: "not-utf8", path: "", message: describeEncoding(bytes) });
    return err("not-utf8");
  }
  const hasByteOrderMark = decoded.startsWith(BYTE_ORDER_MARK);
  const text = hasByteOrderMark ? decoded.slice(BYTE_ORDER_MARK.length) : decoded;
  if (hasByteOrderMark) {
    report({ code: "byte-order-mark", path: "", message: "the text begins with a byte order mark (EF BB BF)" });
  }
  const tree = readText(text, report);
  if (!tree.ok) return tree;
  reportDuplicateKeys(tree.value.root, "", report);
  return ok({ ...tree.value, hasByteOrderMark });
}

/** The key of a member; JSON5 also has keys without quotes. */
export function keyOf(member: MemberNode): string {
  return member.name.type === "String" ? member.name.value : member.name.name;
}

/** The values of an object by key; of duplicates the last, as in most parsers. */
export function membersOf(object: ObjectNode): ReadonlyMap<string, ValueNode> {
  return new Map(object.members.map((member) => [keyOf(member), member.value]));
}

function describeEncoding(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isUtf16 ? "the text is UTF-16, not UTF-8" : "the bytes are not UTF-8";
}

function readText(text: string, report: Report): Result<Pick<DocumentTree, "root" | "isStrictJson">, SyntaxFailure> {
  const start = text.trimStart().slice(0, 100);
  if (start === "") {
    report({ code: "empty", path: "", message: "the document is empty" });
    return err("empty");
  }
  if (/^<[a-z!?/]/i.test(start)) {
    report({ code: "html", path: "", message: `the document begins with ${quoteText(firstLineOf(start))}` });
    return err("html");
  }
  if (isNestedDeeperThan(MAX_NESTING, text)) {
    const message = `arrays and objects are nested more than ${MAX_NESTING} levels deep`;
    report({ code: "too-deep", path: "", message });
    return err("too-deep");
  }
  const isStrictJson = isJson(text);
  const root = parseTree(text, isStrictJson ? "json" : "json5");
  if (root === null) {
    report({ code: "not-json", path: "", message: describeBreak(text) });
    return err("not-json");
  }
  if (!isStrictJson) {
    report({ code: "not-strict-json", path: "", message: `${describeBreak(text)}; it was read as JSON5` });
  }
  if (root.type !== "Object") {
    report({ code: "not-object", path: "", message: `the document is ${describeType(root)}, not an object` });
    return err("not-object");
  }
  return ok({ root, isStrictJson });
}

/** The host's parser is the authority on what is JSON; the one below knows positions and duplicates. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parseTree(text: string, mode: "json" | "json5"): ValueNode | null {
  try {
    // In JSON5 the parser never comes back from a string that ends with the text in a backslash: no text may end so.
    return parse(`${text}\n`, { mode }).body;
  } catch {
    // No such text, or a RangeError: the parser recurses over consecutive comments.
    return null;
  }
}

type Position = { readonly line: number; readonly column: number; readonly offset: number };

/** Where a text stops being JSON; null where the parser cannot say. */
function findBreak(text: string): Position | null {
  try {
    parse(text, { mode: "json" });
    return findRawControl(text);
  } catch (error) {
    if (!(error instanceof Error && "offset" in error && typeof error.offset === "number")) return null;
    // The parser places an unexpected end at the beginning.
    return positionAt(text, /end of input/.test(error.message) ? text.trimEnd().length : error.offset);
  }
}

/** JSON forbids raw control characters in strings, which the parser with positions lets pass. */
function findRawControl(text: string): Position | null {
  for (const { 0: string, index } of text.matchAll(/"(?:[^"\\]|\\.)*"/gs)) {
    const offset = [...string].findIndex((character) => character < " ");
    if (offset >= 0) return positionAt(text, index + offset);
  }
  return null;
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, offset };
}

function describeBreak(text: string): string {
  const at = findBreak(text);
  if (at === null) return "the text is not JSON";
  return `the text is not JSON: line ${at.line}, column ${at.column} has ${describeCharacter(text, at.offset)}`;
}

function describeCharacter(text: string, offset: number): string {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  const before = text.slice(0, offset).trimEnd().at(-1);
  if (offset >= text.trimEnd().length) return "the end of the text, too early";
  if (character < " ") return "a raw tab, line break or control character inside of a text";
  if ((character === "}" || character === "]") && before === ",") return "a comma before a closing bracket";
  if (character === "'") return "a single quotation mark";
  if (/[\p{Pi}\p{Pf}„‟]/u.test(character)) return "a typographic quotation mark";
  if (character === "/" || character === "#") return "a comment";
  if (character === "{" && before === "{") return "a second opening brace";
  if (character === '"' && before === '"') return "a second quotation mark, or a comma is missing before it";
  if (/[\p{L}_$]/u.test(character)) return "a word that is neither in double quotes nor true, false or null";
  return quoteText(character);
}

function firstLineOf(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? "";
}

/** What a value is, in words: "a number (5)", "an array". */
export function describeType(node: ValueNode): string {
  switch (node.type) {
    case "Array":
      return "an array";
    case "Object":
      return "an object";
    case "String":
      return `a text (${quoteText(node.value)})`;
    case "Boolean":
      return String(node.value);
    case "Number":
      return `a number (${node.value})`;
    case "Null":
      return "null";
    case "NaN":
    case "Infinity":
      return node.type;
  }
}

function reportDuplicateKeys(node: ValueNode, path: string, report: Report): void {
  if (node.type === "Array") {
    node.elements.forEach((element, index) => {
      reportDuplicateKeys(element.value, pointTo(path, index), report);
    });
  }
  if (node.type !== "Object") return;
  const linesByKey = Map.groupBy(node.members, keyOf);
  for (const [key, members] of linesByKey) {
    if (members.length > 1) {
      const lines = [...new Set(members.map((member) => member.name.loc.start.line))].slice(0, 5).join(", ");
      const message = `${quoteText(key)} stands ${members.length} times in one object (line ${lines}); the last one is read`;
      report({ code: "duplicate-key", path: pointTo(path, key), message });
    }
    for (const member of members) reportDuplicateKeys(member.value, pointTo(path, key), report);
  }
}
