import { type ProblemOccurrence, toIso } from "@switchboard/contract";
import type { CanaryHealth, ServerName } from "@switchboard/domain";

/** What a late canary means, and where to look first. */
const CAUSES: Readonly<Record<Extract<CanaryHealth, { state: "late" }>["reason"], string>> = {
  "not-listed":
    "It is not in the directory: has a worker started with SWITCHBOARD_CANARY_NAME, and is the name not opted out?",
  "not-probed": "It was not probed since: does a worker run, and is the backlog short?",
  unchanged:
    "It was probed since and gave no new document: does the name lead to this api, with its name in the Host header?",
};

/** The problem that a canary's health is; null where it is none. */
export function toCanaryProblem(name: ServerName, health: CanaryHealth): ProblemOccurrence | null {
  if (health.state !== "late") return null;
  const { reason, since } = health;
  const missing = since === null ? "" : ` since ${toIso(since)}`;
  return {
    slug: "canary-late",
    detail: `No change of the canary ${name} has come into the feed${missing}. ${CAUSES[reason]}`,
    retryAfterSeconds: 60,
  };
}
