import {
  type ExpectedOutcome,
  type HeaderLine,
  healthyHost,
  type Plan,
  respond,
  type Site,
  textResponse,
} from "../plan.ts";

/** Statuses worth simulating; the rest of the table is the domain's to test. */
export const STATUSES = [201, 204, 206, 304, 400, 401, 403, 405, 407, 418, 421, 429, 451, 500, 502, 503, 504] as const;

/** Answers with a status that says nothing of the document, perhaps with `Retry-After` in seconds. */
export type StatusBehaviour = {
  readonly family: "status";
  readonly status: (typeof STATUSES)[number];
  readonly retryAfterSeconds: number | null;
};

/** What a server does that answers with such a status. */
export function planStatus(behaviour: StatusBehaviour, site: Site): Plan {
  const { status, retryAfterSeconds } = behaviour;
  const headers: HeaderLine[] = [["content-type", "text/plain"]];
  if (retryAfterSeconds !== null) headers.push(["retry-after", String(retryAfterSeconds)]);
  const bodiless = status === 204 || status === 304;
  const reply = respond(
    textResponse(status, bodiless ? headers.slice(1) : headers, bodiless ? "" : `status ${status}\n`),
  );
  return { hosts: { own: healthyHost(site) }, reply: () => reply, truth: meaningOf(status) };
}

function meaningOf(status: StatusBehaviour["status"]): ExpectedOutcome {
  switch (status) {
    case 401:
    case 403:
    case 407:
    case 451:
      return { kind: "unreachable", reason: "access-denied" };
    case 421:
      return { kind: "unreachable", reason: "misdirected" };
    case 429:
      return { kind: "unreachable", reason: "rate-limited" };
    case 500:
    case 502:
    case 503:
    case 504:
      return { kind: "unreachable", reason: "server-error" };
    case 304:
      return { kind: "unusable", reason: "unasked-not-modified" };
    default:
      return { kind: "unusable", reason: "unexpected-status" };
  }
}
