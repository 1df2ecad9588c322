import type { IdentifierError } from "./identifier-error.ts";
import { parseLocalpart, type SigilIdentifier } from "./localpart.ts";
import { ok, type Result } from "./result.ts";
import { type ServerName, serverKeyOf } from "./server-name.ts";

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

const USER_ID: SigilIdentifier = { sigil: "@", codePrefix: "user-id", noun: "user ID", example: "@name:example.org" };
const CURRENT_LOCALPART = /^[0-9a-z\-.=_/+]+$/;
const HISTORICAL_LOCALPART = /^[!-9;-~]+$/;

/** Parses a user ID of any grade (appendices, "User Identifiers"): `@localpart:server_name`, at most 255 bytes. */
export function parseUserId(text: string): Result<ParsedUserId, IdentifierError> {
  const parsed = parseLocalpart(text, USER_ID);
  if (!parsed.ok) return parsed;
  const { localpart, serverName } = parsed.value;
  return ok({ userId: text as UserId, localpart, serverName, grade: gradeOf(localpart) });
}

/** The parts of a user ID that was parsed before. */
export function partsOfUserId(userId: UserId): ParsedUserId {
  const parsed = parseUserId(userId);
  // A UserId is minted only by parseUserId, which has parsed this very text.
  if (!parsed.ok) throw new Error("a user ID was minted without its parser");
  return parsed.value;
}

/** What two spellings of one user ID share: the localpart exactly, the server name by key. */
export function userKeyOf(userId: UserId): string {
  const { localpart, serverName } = partsOfUserId(userId);
  return `@${localpart}:${serverKeyOf(serverName)}`;
}

function gradeOf(localpart: string): UserIdGrade {
  if (CURRENT_LOCALPART.test(localpart)) return "current";
  return HISTORICAL_LOCALPART.test(localpart) ? "historical" : "non-compliant";
}
