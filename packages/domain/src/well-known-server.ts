import type { FetchFailure, FetchRefusal, FetchReport, HopHeaders } from "./fetch-report.ts";
import { freshnessLifetimeMs } from "./http-freshness.ts";
import { quoteText } from "./identifier-error.ts";
import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS } from "./instant.ts";
import { type JsonProblem, memberOf, parseJsonObject } from "./json-object.ts";
import { err, ok, type Result } from "./result.ts";
import { parseServerName, type ServerName } from "./server-name.ts";

/** Why a full answer delegates to nobody. */
type WellKnownProblem = JsonProblem | "unexpected-status" | "unknown-coding" | "no-server" | "bad-server";

/** What `/.well-known/matrix/server` says: to whom federation is delegated, or why to nobody. */
export type WellKnownAnswer =
  | { readonly kind: "delegated"; readonly serverName: ServerName }
  | {
      readonly kind: "none";
      readonly reason: WellKnownProblem | FetchFailure | FetchRefusal;
      /** The fact, for people. */
      readonly detail: string;
    };

const DEFAULT_FRESH_MS = 24 * HOUR_MS;
/** What a server says may ask for less, and would be asked all the time: as Synapse, nobody asks more often than this. */
const MIN_FRESH_MS = 5 * MINUTE_MS;
const MAX_FRESH_MS = 2 * DAY_MS;
const MAX_ERROR_FRESH_MS = HOUR_MS;

/** Why bytes are no well-known server document. */
type WellKnownDocumentError = { readonly reason: WellKnownProblem; readonly detail: string };

/**
 * Parses the document of `/.well-known/matrix/server` (server-server API, "Server discovery"): the server name that
 * federation is delegated to. The media type does not matter. Total: whatever the bytes are, there is a name or a reason.
 */
export function parseWellKnownServer(bytes: Uint8Array): Result<ServerName, WellKnownDocumentError> {
  const object = parseJsonObject(bytes);
  if (!object.ok) return err({ reason: object.error, detail: "the document is no JSON object in UTF-8" });
  const server = memberOf(object.value, "m.server");
  if (server === undefined) return err({ reason: "no-server", detail: "the document has no m.server" });
  if (typeof server !== "string") return err({ reason: "bad-server", detail: "m.server is no text" });
  const name = parseServerName(server);
  if (name.ok) return ok(name.value);
  return err({ reason: "bad-server", detail: `m.server is ${quoteText(server)}: ${name.error.message}` });
}

/** What the end of a fetch of `/.well-known/matrix/server` means. Total: every end has exactly one answer. */
export function interpretWellKnown(end: FetchReport["end"]): WellKnownAnswer {
  if (end.kind !== "response") return { kind: "none", reason: end.reason, detail: end.detail };
  if (end.status !== 200) return { kind: "none", reason: "unexpected-status", detail: `HTTP status ${end.status}` };
  if (end.body === null) {
    return { kind: "none", reason: "unknown-coding", detail: "the body is in a coding that is not asked for" };
  }
  const parsed = parseWellKnownServer(end.body);
  return parsed.ok ? { kind: "delegated", serverName: parsed.value } : { kind: "none", ...parsed.error };
}

/**
 * For how many milliseconds from `fetchedAt` an answer need not be asked for again (server-server API, "Resolving server
 * names", step 3): as its headers say, five minutes at least, else a day, and two days at most; of anything but a delegation
 * an hour at most. `headers` are those of the last response, null where none came.
 */
export function wellKnownFreshForMs(answer: WellKnownAnswer, headers: HopHeaders | null, fetchedAt: Instant): number {
  const [otherwise, most] =
    answer.kind === "delegated" ? [DEFAULT_FRESH_MS, MAX_FRESH_MS] : [MAX_ERROR_FRESH_MS, MAX_ERROR_FRESH_MS];
  const asked = (headers === null ? null : freshnessLifetimeMs(headers, fetchedAt)) ?? otherwise;
  return Math.min(most, Math.max(MIN_FRESH_MS, asked));
}
