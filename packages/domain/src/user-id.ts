import { byteLengthOf } from "./byte-length.ts";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

declare const userIdBrand: unique symbol;

/** A user ID as given (appendices, "User Identifiers"). Localparts compare exactly, server parts by key. */
export type UserId = string & { readonly [userIdBrand]: true };

/**
 * How far a localpart keeps to the grammar: `current` to today's, `historical` to U+0021–U+007E without colon,
 * `non-compliant` to neither, which servers must accept all the same (appendices, "Historical User IDs").
 */
export type UserIdGrade = "current" | "historical" | "non-compliant";

export type ParsedUserId = {
  readonly userId: UserId;
  readonly localpart: string;
  readonly serverName: ServerName;
  readonly grade: UserIdGrade;
};

/** The bound of every Matrix identifier with a sigil, in UTF-8 bytes, sigil and server name included. */
export const MAX_IDENTIFIER_BYTES = 255;

const CURRENT_LOCALPART = /^[0-9a-z\-.=_/+]+$/;
const HISTORICAL_LOCALPART = /^[!-9;-~]+$/;

/** Parses a user ID of any grade (appendices, "User Identifiers"): `@localpart:server_name`, at most 255 bytes. */
export function parseUserId(text: string): Result<ParsedUserId, IdentifierError> {
  if (!text.startsWith("@")) {
    return err({
      code: "user-id-sigil",
      message: `${quoteText(text)} is no user ID: it does not begin with "@"`,
      hint: "Write it as @name:example.org.",
    });
  }
  if (byteLengthOf(text) > MAX_IDENTIFIER_BYTES) {
    return err({
      code: "user-id-too-long",
      message: `${quoteText(text)} has more than ${MAX_IDENTIFIER_BYTES} bytes`,
      hint: "No server accepts a user ID as long as this; check what was copied.",
    });
  }
  const colon = text.indexOf(":");
  if (colon < 0) {
    return err({
      code: "user-id-without-server",
      message: `${quoteText(text)} names no server`,
      hint: "Add a colon and the server's name: @name:example.org.",
    });
  }
  const localpart = text.slice(1, colon);
  if (localpart.includes("\0") || !localpart.isWellFormed()) {
    return err({
      code: "user-id-character",
      message: `${quoteText(text)} has a character that no user ID may have (NUL or half a surrogate pair)`,
      hint: "Copy the user ID again; something damaged it.",
    });
  }
  const serverName = parseServerName(text.slice(colon + 1));
  if (!serverName.ok) {
    return err({ ...serverName.error, message: `in the user ID ${quoteText(text)}: ${serverName.error.message}` });
  }
  return ok({ userId: text as UserId, localpart, serverName: serverName.value, grade: gradeOf(localpart) });
}

function gradeOf(localpart: string): UserIdGrade {
  if (CURRENT_LOCALPART.test(localpart)) return "current";
  return HISTORICAL_LOCALPART.test(localpart) ? "historical" : "non-compliant";
}
