import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { parseLocalpart, parseSigil, type SigilIdentifier } from "./localpart.ts";
import { err, ok, type Result } from "./result.ts";
import type { ServerName } from "./server-name.ts";

declare const roomIdBrand: unique symbol;

/** A room ID as given (appendices, "Room IDs"). */
export type RoomId = string & { readonly [roomIdBrand]: true };

export type ParsedRoomId = {
  readonly roomId: RoomId;
  /** Where the room was created, which routes nothing ("only used to reduce namespace collisions"); null from room version 12 on. */
  readonly serverName: ServerName | null;
};

const ROOM_ID: SigilIdentifier = { sigil: "!", codePrefix: "room-id", noun: "room ID", example: "!opaque:example.org" };
/** From room version 12 on: the create event's ID, a SHA-256 in URL-safe unpadded base64, with "!" for "$". */
const HASH = /^[A-Za-z0-9_-]{43}$/;

/** Parses a room ID (appendices, "Room IDs"): `!opaque_id:domain`, or `!` and 43 characters from room version 12 on. */
export function parseRoomId(text: string): Result<ParsedRoomId, IdentifierError> {
  const rest = parseSigil(text, ROOM_ID);
  if (!rest.ok) return rest;
  if (HASH.test(rest.value)) return ok({ roomId: text as RoomId, serverName: null });
  if (!rest.value.includes(":")) {
    return err({
      code: "room-id-shape",
      message: `${quoteText(text)} is no whole room ID: it names no server, and without one it has exactly 43 characters after the "!"`,
      hint: "Copy the room ID again, to its end.",
    });
  }
  const parsed = parseLocalpart(text, ROOM_ID);
  return parsed.ok ? ok({ roomId: text as RoomId, serverName: parsed.value.serverName }) : parsed;
}
