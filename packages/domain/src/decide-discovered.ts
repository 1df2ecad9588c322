import { type DiscoveryPolicy, nextDiscoveryAt, nextDiscoveryIntervalMs } from "./discovery-policy.ts";
import type { DiscoveryFailure, DiscoveryReport } from "./discovery-report.ts";
import type { DiscoveryState, KnownDelegation } from "./discovery-state.ts";
import { addMs, type Instant } from "./instant.ts";
import type { ServerSoftware } from "./server-software.ts";

/** What a discovery changes. */
export type DiscoveredDecision = {
  readonly state: DiscoveryState;
  /** `new`: other software, or another version, than was read before; or the first that was read. */
  readonly software: "new" | "same";
  readonly dueAt: Instant;
};

type Visit = {
  readonly state: DiscoveryState;
  readonly now: Instant;
  readonly delegation: KnownDelegation | null;
  readonly policy: DiscoveryPolicy;
  readonly jitter: number;
};

/**
 * Decides what a discovery means for what was known of the server, and when to look again (docs/server-discovery.md).
 * `jitter` is uniform in [0, 1). Total: silence keeps the software that was read and only lets it age.
 */
export function decideDiscovered({
  state,
  report,
  policy,
  jitter,
}: {
  readonly state: DiscoveryState;
  readonly report: DiscoveryReport;
  readonly policy: DiscoveryPolicy;
  readonly jitter: number;
}): DiscoveredDecision {
  const visit = { state, now: report.discoveredAt, delegation: delegationAfter(state, report), policy, jitter };
  // A report without software has a reason by its own rules; the type does not say so.
  return report.software === null
    ? decideSilence(visit, report.reason ?? "no-software")
    : decideAnswer(visit, report.software);
}

function decideAnswer({ state, now, delegation, policy, jitter }: Visit, software: ServerSoftware): DiscoveredDecision {
  const isSame = state.software?.name === software.name && state.software.version === software.version;
  const intervalMs = nextDiscoveryIntervalMs(isSame ? state.intervalMs : null, policy);
  const delegationFreshUntil = delegation?.freshUntil ?? null;
  return {
    state: {
      software,
      softwareSince: isSame ? state.softwareSince : now,
      onlineSince: state.onlineSince ?? now,
      lastAnsweredAt: now,
      lastTriedAt: now,
      failure: null,
      failingSince: null,
      failureCount: 0,
      intervalMs,
      delegation,
    },
    software: isSame ? "same" : "new",
    dueAt: nextDiscoveryAt({ situation: "answering", now, jitter, intervalMs, delegationFreshUntil }, policy),
  };
}

function decideSilence(
  { state, now, delegation, policy, jitter }: Visit,
  failure: DiscoveryFailure,
): DiscoveredDecision {
  const failingSince = state.failingSince ?? now;
  const failureCount = state.failureCount + 1;
  const lasted = failureCount >= policy.offlineVisits && now - failingSince >= policy.offlineAfterMs;
  return {
    state: {
      ...state,
      onlineSince: lasted ? null : state.onlineSince,
      lastTriedAt: now,
      failure,
      failingSince,
      failureCount,
      intervalMs: null,
      delegation,
    },
    software: "same",
    dueAt: nextDiscoveryAt({ situation: "silent", now, jitter, failureCount, failingSince }, policy),
  };
}

/** What was asked anew counts; what was not asked, because it was known, stays as it was. */
function delegationAfter(state: DiscoveryState, { steps, discoveredAt }: DiscoveryReport): KnownDelegation | null {
  const step = steps.find(({ kind }) => kind === "well-known");
  if (step?.kind !== "well-known" || step.result.kind === "none") return null;
  if (step.isKnown) return state.delegation;
  return { serverName: step.result.serverName, freshUntil: addMs(discoveredAt, step.freshForMs) };
}
