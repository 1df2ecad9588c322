import type { Hostname, Result } from "@switchboard/domain";
import { type SourceFailure, sourceFailure } from "./name-page.ts";

/** One request of a source. `chosenBy` says whose idea the URL was: only the operator may name a private place. */
type SourceRequest = {
  readonly url: URL;
  readonly chosenBy: "operator" | "server";
  readonly token?: string;
  readonly body?: unknown;
};

/** Why a request came to nothing. */
export type ReadFailure = {
  readonly detail: string;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
};

/** What sources need of the network. All of it is bounded there, and rejects only where the signal is aborted. */
export type SourceReader = {
  readJson(request: SourceRequest, signal: AbortSignal): Promise<Result<unknown, ReadFailure>>;
  readLines(request: SourceRequest, signal: AbortSignal): AsyncIterable<Result<readonly string[], ReadFailure>>;
  findClientUrl(hostname: Hostname, signal: AbortSignal): Promise<Result<URL | null, ReadFailure>>;
};

/** How a server answers that no longer knows a page. */
const FORGOTTEN: ReadonlySet<number> = new Set([400, 404, 410]);

/** A failure with what to do about it, where its status tells. */
export function describeFailure({ detail, status, retryAfterMs }: ReadFailure, token: "token" | "none"): SourceFailure {
  return sourceFailure(`${detail}. ${adviceOf(status, token)}`, {
    retryAfterMs,
    isCursorSuspect: status !== null && FORGOTTEN.has(status),
  });
}

function adviceOf(status: number | null, token: "token" | "none"): string {
  if (status === null) return "Check the address, and that the server is up.";
  if ((status === 401 || status === 403) && token === "token") {
    return "Put the access token of a server administrator into the token file.";
  }
  if (status === 401 || status === 403) return "It does not answer strangers: leave it out, or ask its operator.";
  if (status === 429) return "It asks for patience: read it again later.";
  if (status >= 500) return "It is out of order: read it again later.";
  if (status >= 300 && status < 400) return "Write the address it redirects to.";
  return "Check the address.";
}
