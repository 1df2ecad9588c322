import { byteLengthOf } from "./byte-length.ts";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

/** The bound of every Matrix identifier with a sigil, in UTF-8 bytes, sigil and server name included. */
export const MAX_IDENTIFIER_BYTES = 255;

/** What a message calls an identifier, and what its codes begin with. */
export type SigilIdentifier = {
  readonly sigil: "@" | "!" | "#" | "$";
  readonly codePrefix: string;
  readonly noun: string;
  readonly example: string;
};

/**
 * What all identifiers with a sigil share (appendices, "Common Identifier Format"): the sigil, at most 255 bytes, no NUL
 * and no half of a surrogate pair. Answers what follows the sigil.
 */
export function parseSigil(
  text: string,
  { sigil, codePrefix, noun, example }: SigilIdentifier,
): Result<string, IdentifierError> {
  if (!text.startsWith(sigil)) {
    return err({
      code: `${codePrefix}-sigil`,
      message: `${quoteText(text)} is no ${noun}: it does not begin with "${sigil}"`,
      hint: `Write it as ${example}.`,
    });
  }
  if (byteLengthOf(text) > MAX_IDENTIFIER_BYTES) {
    return err({
      code: `${codePrefix}-too-long`,
      message: `${quoteText(text)} has more than ${MAX_IDENTIFIER_BYTES} bytes, the most a ${noun} may have`,
      hint: "Check what was copied: no server accepts an identifier as long as this.",
    });
  }
  if (text.includes("\0") || !text.isWellFormed()) {
    return err({
      code: `${codePrefix}-character`,
      message: `${quoteText(text)} has a character that no ${noun} may have (NUL or half a surrogate pair)`,
      hint: "Copy it again; something damaged it.",
    });
  }
  return ok(text.slice(sigil.length));
}

/** Parses `sigil localpart ":" server_name`: a localpart has no colon, so the first one ends it. */
export function parseLocalpart(
  text: string,
  identifier: SigilIdentifier,
): Result<{ readonly localpart: string; readonly serverName: ServerName }, IdentifierError> {
  const rest = parseSigil(text, identifier);
  if (!rest.ok) return rest;
  const colon = rest.value.indexOf(":");
  if (colon < 0) {
    return err({
      code: `${identifier.codePrefix}-without-server`,
      message: `${quoteText(text)} names no server`,
      hint: `Add a colon and the server's name: ${identifier.example}.`,
    });
  }
  const serverName = parseServerName(rest.value.slice(colon + 1));
  if (!serverName.ok) {
    return err({
      ...serverName.error,
      message: `in the ${identifier.noun} ${quoteText(text)}: ${serverName.error.message}`,
    });
  }
  return ok({ localpart: rest.value.slice(0, colon), serverName: serverName.value });
}
