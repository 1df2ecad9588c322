import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { type MatrixReference, readReference, splitQuery } from "./matrix-reference.ts";
import { decodePercent } from "./percent-encoding.ts";
import { err, ok, type Result } from "./result.ts";

declare const matrixToBrand: unique symbol;

/** A matrix.to link as given (appendices, "matrix.to navigation"). */
export type MatrixToLink = string & { readonly [matrixToBrand]: true };

export type ParsedMatrixTo = { readonly link: MatrixToLink; readonly reference: MatrixReference };

const PREFIX = "https://matrix.to/#/";
/** Scheme left out or http, a slash too few or too many, the number sign encoded: all of them are pasted. */
const LENIENT_PREFIX = /^(?:https?:\/\/)?(?:www\.)?matrix\.to\/*(?:#|%23)\/*/i;

/** Whether a text means to be a matrix.to link, however badly spelt. */
export function isMatrixTo(text: string): boolean {
  return LENIENT_PREFIX.test(text);
}

/**
 * Parses a matrix.to link (appendices, "matrix.to navigation"). Components should be percent-encoded, but "clients have
 * not produced URIs which are fully encoded" and are to be understood all the same: so nothing, too much and twice encoded is read too.
 */
export function parseMatrixTo(text: string): Result<ParsedMatrixTo, IdentifierError> {
  const prefix = LENIENT_PREFIX.exec(text)?.[0];
  if (prefix === undefined) {
    return err({
      code: "matrix-to-prefix",
      message: `${quoteText(text)} is no matrix.to link`,
      hint: `Such links begin with ${PREFIX}`,
    });
  }
  const reference = readEncodedReference(text.slice(prefix.length));
  return reference.ok ? ok({ link: text as MatrixToLink, reference: reference.value }) : reference;
}

/** Reads what follows the number sign of a link: an identifier, perhaps `/` and an event ID, perhaps a query. */
export function readEncodedReference(encoded: string): Result<MatrixReference, IdentifierError> {
  const split = splitQuery(encoded, "first");
  const decoded = decodePercent(encoded);
  return readReference([
    { path: decodePercent(split.path), query: split.query },
    splitQuery(decoded, "first"),
    { path: decoded, query: "" },
    splitQuery(decoded, "last"),
    splitQuery(decodePercent(decoded), "first"),
  ]);
}

/** Builds the matrix.to link to a reference, fully percent-encoded. */
export function buildMatrixTo(reference: MatrixReference): MatrixToLink {
  const via = reference.kind === "user" ? [] : reference.via.map((name) => `via=${encodeURIComponent(name)}`);
  const query = via.length === 0 ? "" : `?${via.join("&")}`;
  return (PREFIX + identifiersOf(reference).map(encodeURIComponent).join("/") + query) as MatrixToLink;
}

function identifiersOf(reference: MatrixReference): string[] {
  switch (reference.kind) {
    case "user":
      return [reference.userId];
    case "room":
      return [reference.roomId];
    case "alias":
      return [reference.roomAlias];
    case "event": {
      const { room, eventId } = reference;
      if (room === null) return [eventId];
      return [room.kind === "room" ? room.roomId : room.roomAlias, eventId];
    }
  }
}
