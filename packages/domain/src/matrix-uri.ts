import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { type MatrixReference, type Reading, readReference, splitQuery } from "./matrix-reference.ts";
import { decodePercent } from "./percent-encoding.ts";
import { err, ok, type Result } from "./result.ts";

declare const matrixUriBrand: unique symbol;

/** A `matrix:` URI as given (appendices, "Matrix URI scheme"). */
export type MatrixUri = string & { readonly [matrixUriBrand]: true };

export type ParsedMatrixUri = { readonly matrixUri: MatrixUri; readonly reference: MatrixReference };

const SCHEME = /^matrix:/i;
const AUTHORITY = /^\/\/[^/]*\//;
/** `room`, `user` and `event` are spellings of drafts that "MUST NOT be produced" and still are. */
const TYPED_PATH = /^(u|user|r|room|roomid)\/(.+?)(?:\/(?:e|event)\/(.+))?$/is;

const SIGILS: Readonly<Record<string, string>> = { u: "@", user: "@", r: "#", room: "#", roomid: "!" };

/**
 * Parses a `matrix:` URI (appendices, "Matrix URI scheme"), also in the spellings of old drafts and badly encoded:
 * sigils left in, nothing encoded, everything encoded. Fragment, authority and action are allowed and ignored.
 */
export function parseMatrixUri(text: string): Result<ParsedMatrixUri, IdentifierError> {
  const path = SCHEME.test(text) ? text.replace(SCHEME, "").replace(AUTHORITY, "") : null;
  const byTheBook = path === null ? null : readTypedPath(path.replace(/#.*$/s, ""));
  const unfragmented = path === null ? null : readTypedPath(path);
  const decoded = path === null ? null : readTypedPath(decodePercent(path));
  const readings = [byTheBook, unfragmented, decoded].filter((reading) => reading !== null);
  const [first, ...others] = readings;
  if (first === undefined) {
    return err({
      code: "matrix-uri-shape",
      message: `${quoteText(text)} is no matrix: URI of a user, a room or an event`,
      hint: "Write it as matrix:u/name:example.org, matrix:r/room:example.org or matrix:roomid/opaque:example.org.",
    });
  }
  const reference = readReference([first, ...others]);
  return reference.ok ? ok({ matrixUri: text as MatrixUri, reference: reference.value }) : reference;
}

function readTypedPath(text: string): Reading | null {
  const { path, query } = splitQuery(text, "first");
  const [, type, identifier, eventId] = TYPED_PATH.exec(path.replace(/\/$/, "")) ?? [];
  const sigil = type === undefined ? undefined : SIGILS[type.toLowerCase()];
  if (sigil === undefined || identifier === undefined) return null;
  const event = eventId === undefined ? "" : `/${withSigil("$", eventId)}`;
  return { path: withSigil(sigil, identifier) + event, query };
}

/** The scheme leaves sigils out; a client that leaves one in is likelier than an identifier with two. */
function withSigil(sigil: string, encoded: string): string {
  const identifier = decodePercent(encoded);
  return identifier.startsWith(sigil) ? identifier : sigil + identifier;
}
