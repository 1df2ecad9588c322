import type { ObjectNode } from "@humanwhocodes/momoa";
import { describeType, membersOf } from "./document-syntax.ts";
import type { Place } from "./document-text.ts";
import { pointTo } from "./json-pointer.ts";

/** What an operator says of being listed in directories of contacts, this one among them. */
export type DirectoryWish = "listed" | "not-listed";

/** By what an operator's wish to be left alone was seen. */
export const OPT_OUT_WAYS = ["command", "domain", "document", "dns"] as const;
/**
 * `command`: told to whoever keeps the directory; `domain`: the same, for a whole domain; `document`: a key in the support
 * document; `dns`: a TXT record.
 */
export type OptOutWay = (typeof OPT_OUT_WAYS)[number];

/**
 * The key of a support document that speaks to directories: `{"io.switchboard.directory": {"listed": false}}`. The
 * specification leaves keys beyond its own to whoever namespaces them (docs/opting-out.md).
 */
export const DIRECTORY_KEY = "io.switchboard.directory";

const HINT = `Write "${DIRECTORY_KEY}": {"listed": false} to be left alone, or remove the key.`;

/**
 * Reads {@link DIRECTORY_KEY} of a document. Only `listed` of true or false says something; whatever else stands there is
 * remarked on and is no wish, since what follows from one cannot be undone. Other members of its object are left alone.
 */
export function readDirectoryWish(root: ObjectNode, { path, report }: Place): DirectoryWish | null {
  const node = membersOf(root).get(DIRECTORY_KEY);
  if (node === undefined) return null;
  const keyPath = pointTo(path, DIRECTORY_KEY);
  const code = "directory-key-malformed";
  if (node.type !== "Object") {
    report({ code, path: keyPath, message: `this field is ${describeType(node)} instead of an object`, hint: HINT });
    return null;
  }
  const listed = membersOf(node).get("listed");
  if (listed?.type !== "Boolean") {
    const is = listed === undefined ? "is not there" : `is ${describeType(listed)} instead of true or false`;
    report({
      code,
      path: keyPath,
      message: `"listed", which says whether the server may be listed, ${is}`,
      hint: HINT,
    });
    return null;
  }
  if (listed.value) return "listed";
  const message = `"listed" is false: the server is to be left alone`;
  report({ code: "asks-not-to-be-listed", path: pointTo(keyPath, "listed"), message });
  return "not-listed";
}
