import { explainNoEntity } from "./explain-no-entity.ts";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { type MatrixReference, type RoomReference, readReference, splitQuery, type Via } from "./matrix-reference.ts";
import { buildMatrixTo, isMatrixTo, parseMatrixTo, readEncodedReference } from "./matrix-to.ts";
import { parseMatrixUri } from "./matrix-uri.ts";
import { type ParsedMxcUri, parseMxcUri } from "./mxc-uri.ts";
import { unwrapPasted } from "./pasted-text.ts";
import { decodePercent } from "./percent-encoding.ts";
import { err, ok, type Result } from "./result.ts";
import { parseServerName, type ServerName, serverKeyOf } from "./server-name.ts";

type NamedThing =
  | { readonly kind: "server"; readonly serverName: ServerName }
  | ({ readonly kind: "media" } & ParsedMxcUri)
  | MatrixReference;

/** What somebody pasted to ask whom to reach about it, with the text as given. */
export type Entity = NamedThing & { readonly given: string };

/**
 * How a server stands to an entity. `author`: the accused's own server. `alias-host`: it keeps the room alias.
 * `room-creator`: the domain in an old room ID, which routes nothing. `participant`: it takes part in the room.
 * Only `author` says whose user did something.
 */
export const RELATIONS = ["author", "alias-host", "room-creator", "participant"] as const;
export type Relation = (typeof RELATIONS)[number];

export type RelatedServer = { readonly serverName: ServerName; readonly relation: Relation };

export const MAX_ENTITY_CHARACTERS = 2_048;

const SERVER_PREFIX = /^server:\s*/i;
const PORT_ONLY = /^\d{1,5}$/;
/** `…/#/room/ID` and `…/#/user/ID`: permalinks of clients that do not use matrix.to. */
const CLIENT_PERMALINK = /^https?:\/\/[^#]*#\/(?:room|user)\//i;
/** Where clients download from (client-server API, "Content repository"): any homeserver, the origin is in the path. */
const MEDIA_DOWNLOAD =
  /^https?:\/\/[^/?#]+\/_matrix\/(?:client\/v1\/media|media\/(?:r0|v1|v3))\/(?:download|thumbnail)\/([^/?#]+)\/([^/?#]+)/i;

/**
 * Parses what people paste: a server name (also `server:NAME`), a user ID, room ID, alias, event ID (also with `?via=`),
 * `mxc://`, `matrix:` or matrix.to link, a client's permalink or media download, with what stands around it. At most
 * 2,048 characters; the error says what it seems to be instead (a mail address, a web page, …).
 */
export function parseEntity(text: string): Result<Entity, IdentifierError> {
  if (text.length > MAX_ENTITY_CHARACTERS) {
    return err({
      code: "entity-too-long",
      message: `${quoteText(text)} has ${text.length} characters; at most ${MAX_ENTITY_CHARACTERS} are read`,
      hint: "Paste one identifier or link at a time.",
    });
  }
  const bare = unwrapPasted(text);
  const named = parseNamed(bare);
  if (named.ok) return ok({ given: text, ...named.value });
  // A whole identifier that came percent-encoded, as out of an address bar.
  const decoded = unwrapPasted(decodePercent(bare));
  const second = decoded === bare ? named : parseNamed(decoded);
  return second.ok ? ok({ given: text, ...second.value }) : err(explainNoEntity(bare) ?? named.error);
}

/**
 * The servers an entity names, each once with its strongest relation, in the order of `RELATIONS`. A user link's `via`
 * names nobody. An event ID of room versions 1 and 2 names the server that made the event, for joins and leaves a
 * member's server rather than the sender's: a participant.
 */
export function serversOfEntity(entity: Entity): readonly RelatedServer[] {
  const byKey = new Map<string, RelatedServer>();
  for (const related of relatedServers(entity)) {
    const key = serverKeyOf(related.serverName);
    if (!byKey.has(key)) byKey.set(key, related);
  }
  return [...byKey.values()];
}

/** Whether the entity leaves open whose user did something, so that the sender's user ID is needed to know. */
export function needsSender(entity: Entity): boolean {
  return !serversOfEntity(entity).some(({ relation }) => relation === "author");
}

/** The identifier alone (without `via`, and for an event without its room), as it was written. */
export function identifierOf(entity: Entity): string {
  switch (entity.kind) {
    case "server":
      return entity.serverName;
    case "media":
      return entity.mxcUri;
    case "user":
      return entity.userId;
    case "room":
      return entity.roomId;
    case "alias":
      return entity.roomAlias;
    case "event":
      return entity.eventId;
  }
}

/** One spelling for the whole entity that `parseEntity` reads back: the identifier, or a matrix.to link where there is more to say. */
export function printEntity(entity: Entity): string {
  if (entity.kind === "server" || entity.kind === "media" || entity.kind === "user") return identifierOf(entity);
  const whole = entity.via.length === 0 && (entity.kind !== "event" || entity.room === null);
  return whole ? identifierOf(entity) : buildMatrixTo(entity);
}

function parseNamed(text: string): Result<NamedThing, IdentifierError> {
  if (/^mxc:\/\//i.test(text)) return parseMedia(`mxc${text.slice("mxc".length)}`);
  if (/^matrix:/i.test(text)) {
    const uri = parseMatrixUri(text);
    return uri.ok ? ok(uri.value.reference) : uri;
  }
  if (isMatrixTo(text)) {
    const link = parseMatrixTo(text);
    return link.ok ? ok(link.value.reference) : link;
  }
  const permalink = CLIENT_PERMALINK.exec(text)?.[0];
  if (permalink !== undefined) return readEncodedReference(text.slice(permalink.length));
  const [, origin, mediaId] = MEDIA_DOWNLOAD.exec(text) ?? [];
  if (origin !== undefined && mediaId !== undefined) return parseMedia(`mxc://${decodePercent(origin)}/${mediaId}`);
  if (/^[@!#$]/.test(text)) {
    return readReference([{ path: text, query: "" }, splitQuery(text, "first"), splitQuery(text, "last")]);
  }
  const serverName = parseServerName(withoutServerPrefix(text));
  return serverName.ok ? ok({ kind: "server", serverName: serverName.value }) : serverName;
}

function parseMedia(text: string): Result<NamedThing, IdentifierError> {
  const media = parseMxcUri(text);
  return media.ok ? ok({ kind: "media", ...media.value }) : media;
}

/** `server:NAME` is how the reporting proposals spell a server; `server:8448` is a server of that name with a port. */
function withoutServerPrefix(text: string): string {
  const name = text.replace(SERVER_PREFIX, "");
  return PORT_ONLY.test(name) ? text : name;
}

function relatedServers(entity: Entity): RelatedServer[] {
  switch (entity.kind) {
    case "server":
    case "user":
    case "media":
      return [{ serverName: entity.serverName, relation: "author" }];
    case "room":
    case "alias":
      return [...roomServers(entity), ...participants(entity.via)];
    case "event": {
      const origin = entity.serverName === null ? [] : [entity.serverName];
      return [...(entity.room === null ? [] : roomServers(entity.room)), ...participants([...origin, ...entity.via])];
    }
  }
}

function roomServers(room: RoomReference): RelatedServer[] {
  if (room.kind === "alias") return [{ serverName: room.serverName, relation: "alias-host" }];
  return room.serverName === null ? [] : [{ serverName: room.serverName, relation: "room-creator" }];
}

function participants(names: Via): RelatedServer[] {
  return names.map((serverName) => ({ serverName, relation: "participant" }));
}
