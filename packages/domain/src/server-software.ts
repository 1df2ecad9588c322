import type { FetchFailure, FetchRefusal, FetchReport } from "./fetch-report.ts";
import { isJsonObject, type JsonProblem, memberOf, parseJsonObject } from "./json-object.ts";
import { toPrintable } from "./printable-text.ts";
import { err, ok, type Result } from "./result.ts";

/** What a server says it runs, each text on one line, printable, of at most 100 characters. */
export type ServerSoftware = {
  readonly name: string;
  /** Its format is each implementation's own; null where it says none. */
  readonly version: string | null;
};

/** Why a full answer names no software. */
export type VersionProblem = JsonProblem | "unexpected-status" | "unknown-coding" | "no-software";

/** What `/_matrix/federation/v1/version` says, or why it says nothing. */
export type VersionAnswer =
  | { readonly kind: "read"; readonly software: ServerSoftware }
  | {
      readonly kind: "failed";
      readonly reason: VersionProblem | FetchFailure | FetchRefusal;
      /** The fact, for people. */
      readonly detail: string;
    };

const MAX_CHARACTERS = 100;

/** Why bytes are no answer about a version. */
type VersionError = { readonly reason: VersionProblem; readonly detail: string };

/**
 * Parses the answer of `/_matrix/federation/v1/version` (server-server API, "Server implementation"). Names and versions
 * are shown to people, so what would break or forge a line is escaped. Total: there is software or a reason.
 */
export function parseServerSoftware(bytes: Uint8Array): Result<ServerSoftware, VersionError> {
  const object = parseJsonObject(bytes);
  if (!object.ok) return err({ reason: object.error, detail: "the answer is no JSON object in UTF-8" });
  const server = memberOf(object.value, "server");
  const name = isJsonObject(server) ? readLine(memberOf(server, "name")) : null;
  if (!isJsonObject(server) || name === null) {
    return err({ reason: "no-software", detail: "the answer has no text at server.name" });
  }
  return ok({ name, version: readLine(memberOf(server, "version")) });
}

/** What the end of a request for the version means. Total: every end has exactly one answer. */
export function interpretVersion(end: FetchReport["end"]): VersionAnswer {
  if (end.kind !== "response") return { kind: "failed", reason: end.reason, detail: end.detail };
  if (end.status !== 200) return { kind: "failed", reason: "unexpected-status", detail: `HTTP status ${end.status}` };
  if (end.body === null) {
    return { kind: "failed", reason: "unknown-coding", detail: "the body is in a coding that is not asked for" };
  }
  const parsed = parseServerSoftware(end.body);
  return parsed.ok ? { kind: "read", software: parsed.value } : { kind: "failed", ...parsed.error };
}

function readLine(value: unknown): string | null {
  const text = typeof value === "string" ? value.trim() : "";
  return text === "" ? null : toPrintable(text, MAX_CHARACTERS);
}
