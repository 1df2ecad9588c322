import { type Entity, type IdentifierError, parseEntity, type Result, type ServerName } from "@switchboard/domain";

/** What takes part in a room has servers that do; a user, a server or media has none but its own. */
const KINDS_WITH_VIA: readonly Entity["kind"][] = ["room", "alias", "event"];

/**
 * Parses what was pasted, with the servers that were named beside it. They are read as a link's own `via` is
 * (appendices, "matrix.to navigation"); where the entity takes none they change nothing.
 */
export function parseEntityWithVia(text: string, via: readonly ServerName[]): Result<Entity, IdentifierError> {
  const parsed = parseEntity(text);
  if (!parsed.ok || via.length === 0 || !KINDS_WITH_VIA.includes(parsed.value.kind)) return parsed;
  const query = via.map((name) => `via=${encodeURIComponent(name)}`).join("&");
  return parseEntity(`${text.trim()}${text.includes("?") ? "&" : "?"}${query}`);
}
