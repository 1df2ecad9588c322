import { ABSENCES, type AbsentBehaviour, planAbsent } from "./behaviours/absent-behaviour.ts";
import { CERTIFICATE_FAULTS, type CertificateBehaviour, planCertificate } from "./behaviours/certificate-behaviour.ts";
import { CONNECTION_FAULTS, type ConnectionBehaviour, planConnection } from "./behaviours/connection-behaviour.ts";
import { DNS_ANSWERS, type DnsBehaviour, planDns } from "./behaviours/dns-behaviour.ts";
import {
  DELIVERIES,
  type DocumentBehaviour,
  planDocument,
  planVerbatim,
  type VerbatimBehaviour,
} from "./behaviours/document-behaviour.ts";
import { EXCESSES, type ExcessBehaviour, planExcess } from "./behaviours/excess-behaviour.ts";
import { type OptOutBehaviour, planOptOut } from "./behaviours/opt-out-behaviour.ts";
import { planRedirect, REDIRECTS, type RedirectBehaviour } from "./behaviours/redirect-behaviour.ts";
import { planScripted, type ScriptedBehaviour } from "./behaviours/scripted-behaviour.ts";
import { planStatus, STATUSES, type StatusBehaviour } from "./behaviours/status-behaviour.ts";
import { planUnusable, UNUSABLE_ANSWERS, type UnusableBehaviour } from "./behaviours/unusable-behaviour.ts";
import { DOCUMENT_NAMES } from "./documents/support-documents.ts";
import type { Plan, Site } from "./plan.ts";

/** Everything a simulated server can be told to do. */
export type Behaviour =
  | DocumentBehaviour
  | VerbatimBehaviour
  | AbsentBehaviour
  | UnusableBehaviour
  | StatusBehaviour
  | RedirectBehaviour
  | CertificateBehaviour
  | ConnectionBehaviour
  | ExcessBehaviour
  | DnsBehaviour
  | OptOutBehaviour
  | ScriptedBehaviour;

/** What a server at this site does when it behaves like this, from its DNS answers to the bytes it writes. */
export function planBehaviour(behaviour: Behaviour, site: Site): Plan {
  switch (behaviour.family) {
    case "document":
      return planDocument(behaviour, site);
    case "verbatim":
      return planVerbatim(behaviour, site);
    case "absent":
      return planAbsent(behaviour, site);
    case "unusable":
      return planUnusable(behaviour, site);
    case "status":
      return planStatus(behaviour, site);
    case "redirect":
      return planRedirect(behaviour, site);
    case "certificate":
      return planCertificate(behaviour, site);
    case "connection":
      return planConnection(behaviour, site);
    case "excess":
      return planExcess(behaviour, site);
    case "dns":
      return planDns(behaviour, site);
    case "opt-out":
      return planOptOut(behaviour, site);
    case "scripted":
      return planScripted(behaviour, site);
  }
}

const ADMIN: DocumentBehaviour = { family: "document", document: "admin-both", delivery: "plain" };
const ADMIN_AND_SECURITY: DocumentBehaviour = { ...ADMIN, document: "admin-and-security" };
const NOT_FOUND: AbsentBehaviour = { family: "absent", how: "not-found" };

/** An operator who edits the document, a server that flaps, a document that is taken away, one that appears. */
const SCRIPTS: readonly ScriptedBehaviour[] = [
  { family: "scripted", steps: [ADMIN, ADMIN_AND_SECURITY], afterwards: "stay" },
  {
    family: "scripted",
    steps: [ADMIN, { family: "status", status: 503, retryAfterSeconds: null }],
    afterwards: "begin-again",
  },
  { family: "scripted", steps: [ADMIN_AND_SECURITY, NOT_FOUND], afterwards: "stay" },
  { family: "scripted", steps: [NOT_FOUND, ADMIN], afterwards: "stay" },
];

/** Every behaviour there is, once (of the scripted ones, an example of each sort). */
export const EVERY_BEHAVIOUR: readonly Behaviour[] = [
  ...DOCUMENT_NAMES.map((document): Behaviour => ({ family: "document", document, delivery: "plain" })),
  ...DELIVERIES.filter((delivery) => delivery !== "plain").map(
    (delivery): Behaviour => ({ family: "document", document: "admin-and-security", delivery }),
  ),
  ...ABSENCES.map((how): Behaviour => ({ family: "absent", how })),
  ...UNUSABLE_ANSWERS.map((how): Behaviour => ({ family: "unusable", how })),
  ...STATUSES.map((status): Behaviour => ({ family: "status", status, retryAfterSeconds: null })),
  { family: "status", status: 429, retryAfterSeconds: 120 },
  { family: "status", status: 503, retryAfterSeconds: 3600 },
  ...REDIRECTS.map((how): Behaviour => ({ family: "redirect", how })),
  ...CERTIFICATE_FAULTS.map((how): Behaviour => ({ family: "certificate", how })),
  ...CONNECTION_FAULTS.map((how): Behaviour => ({ family: "connection", how })),
  ...EXCESSES.map((how): Behaviour => ({ family: "excess", how })),
  ...DNS_ANSWERS.map((how): Behaviour => ({ family: "dns", how })),
  ...SCRIPTS,
];
