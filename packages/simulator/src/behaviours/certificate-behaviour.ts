import type { FetchFailure } from "@switchboard/domain";
import { type CertificateKind, healthyHost, type Plan, type Site } from "../plan.ts";
import { planDocument } from "./document-behaviour.ts";

export const CERTIFICATE_FAULTS = [
  "expired",
  "not-yet-valid",
  "self-signed",
  "untrusted-root",
  "missing-intermediate",
  "wrong-name",
] as const satisfies readonly CertificateKind[];

/** Would serve a document, if its certificate could be trusted. */
export type CertificateBehaviour = {
  readonly family: "certificate";
  readonly how: (typeof CERTIFICATE_FAULTS)[number];
};

const REASONS: Record<CertificateBehaviour["how"], FetchFailure> = {
  expired: "tls-expired",
  "not-yet-valid": "tls-failure",
  "self-signed": "tls-self-signed",
  "untrusted-root": "tls-untrusted",
  "missing-intermediate": "tls-untrusted",
  "wrong-name": "tls-wrong-name",
};

/** What a server does whose certificate is bad. */
export function planCertificate(behaviour: CertificateBehaviour, site: Site): Plan {
  return {
    ...planDocument({ family: "document", document: "admin-both", delivery: "plain" }, site),
    hosts: { own: { ...healthyHost(site), certificate: behaviour.how } },
    truth: { kind: "unreachable", reason: REASONS[behaviour.how] },
  };
}
