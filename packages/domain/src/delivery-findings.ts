import type { Hop } from "./fetch-report.ts";
import type { Finding } from "./finding.ts";

/** Remarks on how a document was delivered: content type and CORS, on redirects too. Empty where the last hop is no 200. */
export function findDeliveryFindings(_hops: readonly Hop[]): Finding[] {
  return [];
}
