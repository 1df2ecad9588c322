import type { IdentifierError } from "./identifier-error.ts";
import { parseLocalpart, type SigilIdentifier } from "./localpart.ts";
import { ok, type Result } from "./result.ts";
import type { ServerName } from "./server-name.ts";

declare const roomAliasBrand: unique symbol;

/** A room alias as given (appendices, "Room Aliases"). */
export type RoomAlias = string & { readonly [roomAliasBrand]: true };

export type ParsedRoomAlias = { readonly roomAlias: RoomAlias; readonly serverName: ServerName };

const ROOM_ALIAS: SigilIdentifier = {
  sigil: "#",
  codePrefix: "room-alias",
  noun: "room alias",
  example: "#room:example.org",
};

/** Parses a room alias (appendices, "Room Aliases"): `#room_alias:domain`, at most 255 bytes. */
export function parseRoomAlias(text: string): Result<ParsedRoomAlias, IdentifierError> {
  const parsed = parseLocalpart(text, ROOM_ALIAS);
  return parsed.ok ? ok({ roomAlias: text as RoomAlias, serverName: parsed.value.serverName }) : parsed;
}
