import { type ExpectedOutcome, healthyHost, type Plan, type Site } from "../plan.ts";
import { type AbsentBehaviour, planAbsent } from "./absent-behaviour.ts";
import { type DocumentBehaviour, planDocument, planVerbatim, type VerbatimBehaviour } from "./document-behaviour.ts";
import { planStatus, type StatusBehaviour } from "./status-behaviour.ts";
import { planUnusable, type UnusableBehaviour } from "./unusable-behaviour.ts";

/** What can change from one visit to the next: only the answers, since names and connections are had before the visit. */
export type ScriptStep = DocumentBehaviour | VerbatimBehaviour | AbsentBehaviour | UnusableBehaviour | StatusBehaviour;

export const AFTERWARDS = ["stay", "begin-again"] as const;

/** Answers each visit by the next step; then stays at the last, or begins again. */
export type ScriptedBehaviour = {
  readonly family: "scripted";
  readonly steps: readonly [ScriptStep, ...ScriptStep[]];
  readonly afterwards: (typeof AFTERWARDS)[number];
};

const STEP_FAMILIES: readonly string[] = ["document", "verbatim", "absent", "unusable", "status"];

/** Whether a behaviour can be a step of a script. */
export function isScriptStep(behaviour: { readonly family: string }): behaviour is ScriptStep {
  return STEP_FAMILIES.includes(behaviour.family);
}

/** What a server does that changes with every visit. Its truth is that of the first visit. */
export function planScripted(behaviour: ScriptedBehaviour, site: Site): Plan {
  return {
    hosts: { own: healthyHost(site) },
    reply: (request) => planStep(stepAt(behaviour, request.visit), site).reply(request),
    truth: expectedAt(behaviour, site, 0),
  };
}

/** What must come of the visit with this number, counted from zero. */
export function expectedAt(behaviour: ScriptedBehaviour, site: Site, visit: number): ExpectedOutcome | null {
  return planStep(stepAt(behaviour, visit), site).truth;
}

function stepAt({ steps, afterwards }: ScriptedBehaviour, visit: number): ScriptStep {
  const last = steps.length - 1;
  const at = afterwards === "stay" ? Math.min(visit, last) : visit % steps.length;
  return steps[at] ?? steps[0];
}

function planStep(step: ScriptStep, site: Site): Plan {
  switch (step.family) {
    case "document":
      return planDocument(step, site);
    case "verbatim":
      return planVerbatim(step, site);
    case "absent":
      return planAbsent(step, site);
    case "unusable":
      return planUnusable(step, site);
    case "status":
      return planStatus(step, site);
  }
}
