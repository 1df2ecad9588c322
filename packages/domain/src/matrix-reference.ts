import { type ParsedEventId, parseEventId } from "./event-id.ts";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { decodePercent } from "./percent-encoding.ts";
import { err, ok, type Result } from "./result.ts";
import { type ParsedRoomAlias, parseRoomAlias } from "./room-alias.ts";
import { type ParsedRoomId, parseRoomId } from "./room-id.ts";
import { parseServerName, type ServerName, serverKeyOf } from "./server-name.ts";
import { type ParsedUserId, parseUserId } from "./user-id.ts";

/** Servers that take part in a room, as a link offers them for joining it (appendices, "Routing"): at most 20, each once. */
export type Via = readonly ServerName[];

export type RoomReference = ({ readonly kind: "room" } & ParsedRoomId) | ({ readonly kind: "alias" } & ParsedRoomAlias);

/** What a Matrix link points at, however it is spelt. `via` on a user is dropped: it would say nothing. */
export type MatrixReference =
  | ({ readonly kind: "user" } & ParsedUserId)
  | (RoomReference & { readonly via: Via })
  | ({ readonly kind: "event"; readonly room: RoomReference | null; readonly via: Via } & ParsedEventId);

/** One way to read a text: an identifier, perhaps `/` and an event ID, both decoded; and a query, still encoded. */
export type Reading = { readonly path: string; readonly query: string };

export const MAX_VIA = 20;

/** A room ID of room version 12 and later holds no colon that would say where it ends. */
const HASH_ROOM_ID = /^![A-Za-z0-9_-]{43}(?=\/|$)/;

/** The first reading that makes sense, else the error of the first reading, which is the one by the book. */
export function readReference(readings: readonly [Reading, ...Reading[]]): Result<MatrixReference, IdentifierError> {
  const first = parseReading(readings[0]);
  if (first.ok) return first;
  for (const reading of readings.slice(1)) {
    const parsed = parseReading(reading);
    if (parsed.ok) return parsed;
  }
  return first;
}

/** Splits a query off at the first or the last question mark, which localparts may hold too. */
export function splitQuery(text: string, at: "first" | "last"): Reading {
  const mark = at === "first" ? text.indexOf("?") : text.lastIndexOf("?");
  return mark < 0 ? { path: text, query: "" } : { path: text.slice(0, mark), query: text.slice(mark + 1) };
}

function parseReading({ path, query }: Reading): Result<MatrixReference, IdentifierError> {
  const via = parseVia(query);
  if (path.startsWith("$")) return parseEvent(path, null, via);
  if (path.startsWith("@")) {
    const user = parseUserId(splitPath(path).head);
    return user.ok ? ok({ kind: "user", ...user.value }) : user;
  }
  const { head, tail } = splitPath(path);
  const room = parseRoom(head);
  if (!room.ok) return room;
  return tail === "" ? ok({ ...room.value, via }) : parseEvent(tail, room.value, via);
}

function parseRoom(text: string): Result<RoomReference, IdentifierError> {
  if (text.startsWith("#")) {
    const alias = parseRoomAlias(text);
    return alias.ok ? ok({ kind: "alias", ...alias.value }) : alias;
  }
  if (text.startsWith("!")) {
    const room = parseRoomId(text);
    return room.ok ? ok({ kind: "room", ...room.value }) : room;
  }
  return err({
    code: "matrix-link-identifier",
    message: `${quoteText(text)} is no user ID, room ID, room alias or event ID`,
    hint: "Matrix IDs begin with @ (user), ! (room), # (room alias) or $ (event).",
  });
}

function parseEvent(text: string, room: RoomReference | null, via: Via): Result<MatrixReference, IdentifierError> {
  const event = parseEventId(text);
  return event.ok ? ok({ kind: "event", room, via, ...event.value }) : event;
}

/** A localpart may hold slashes, a server name may not: the identifier ends at the first slash behind its colon. */
function splitPath(path: string): { head: string; tail: string } {
  const identifierEnd = HASH_ROOM_ID.exec(path)?.[0].length ?? path.indexOf(":");
  const slash = identifierEnd < 0 ? -1 : path.indexOf("/", identifierEnd);
  return slash < 0 ? { head: path, tail: "" } : { head: path.slice(0, slash), tail: path.slice(slash + 1) };
}

/** What is no server name is left out: a bad hint must not cost the good ones. `&amp;` comes from links copied out of HTML. */
function parseVia(query: string): Via {
  const byKey = new Map<string, ServerName>();
  for (const parameter of query.split(/&(?:amp;)?/)) {
    if (byKey.size >= MAX_VIA) break;
    if (!parameter.startsWith("via=")) continue;
    const serverName = parseServerName(decodePercent(parameter.slice("via=".length)));
    if (serverName.ok && !byKey.has(serverKeyOf(serverName.value))) {
      byKey.set(serverKeyOf(serverName.value), serverName.value);
    }
  }
  return [...byKey.values()];
}
