import {
  type Hostname,
  hostnameOf,
  type IdentifierError,
  type MailAddress,
  parseMailAddress,
  parseServerName,
  parseUserId,
  type Result,
  type ServerKey,
  type ServerName,
  serverKeyOf,
  type UserId,
} from "@switchboard/domain";

function unwrap<T>(result: Result<T, IdentifierError>): T {
  if (result.ok) return result.value;
  throw new Error(`a test was written with a bad identifier: ${result.error.message}`);
}

/** A server name as given; throws where the text is none. */
export function toServerName(text: string): ServerName {
  return unwrap(parseServerName(text));
}

/** The directory's key of a server name. */
export function toServerKey(text: string): ServerKey {
  return serverKeyOf(toServerName(text));
}

/** The hostname of a server name. */
export function toHostname(text: string): Hostname {
  return hostnameOf(toServerName(text));
}

/** A user ID as given. */
export function toUserId(text: string): UserId {
  return unwrap(parseUserId(text)).userId;
}

/** A mail address as given. */
export function toMailAddress(text: string): MailAddress {
  return unwrap(parseMailAddress(text));
}
