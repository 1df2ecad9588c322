import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { parseLocalpart, parseSigil, type SigilIdentifier } from "./localpart.ts";
import { err, ok, type Result } from "./result.ts";
import type { ServerName } from "./server-name.ts";

declare const eventIdBrand: unique symbol;

/** An event ID as given (appendices, "Event IDs"). */
export type EventId = string & { readonly [eventIdBrand]: true };

export type ParsedEventId = {
  readonly eventId: EventId;
  /** The server that made the event, in room versions 1 and 2 only. For a join or a leave that is not the sender's server. */
  readonly serverName: ServerName | null;
};

const EVENT_ID: SigilIdentifier = {
  sigil: "$",
  codePrefix: "event-id",
  noun: "event ID",
  example: "$opaque:example.org",
};
/**
 * Base64, standard in room version 3 and URL-safe since: 43 characters of it today, but the spec calls them opaque, and
 * its own examples are shorter. As the ID routes nothing, no length is demanded.
 */
const WITHOUT_SERVER = /^[A-Za-z0-9+/_-]+$/;

/** Parses an event ID (appendices, "Event IDs"): `$opaque_id:domain` in room versions 1 and 2, `$` and a hash since. */
export function parseEventId(text: string): Result<ParsedEventId, IdentifierError> {
  const rest = parseSigil(text, EVENT_ID);
  if (!rest.ok) return rest;
  if (WITHOUT_SERVER.test(rest.value)) return ok({ eventId: text as EventId, serverName: null });
  if (!rest.value.includes(":")) {
    return err({
      code: "event-id-shape",
      message: `${quoteText(text)} is no event ID: it names no server, and without one it has only letters, digits and "+", "/", "_", "-"`,
      hint: "Copy the event ID again, to its end.",
    });
  }
  const parsed = parseLocalpart(text, EVENT_ID);
  return parsed.ok ? ok({ eventId: text as EventId, serverName: parsed.value.serverName }) : parsed;
}
