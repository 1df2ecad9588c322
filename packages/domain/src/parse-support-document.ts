import type { Finding, Verdict } from "./finding.ts";
import type { ServerName } from "./server-name.ts";
import type { DocumentShape, SupportDocument } from "./support-document.ts";

/**
 * The version of the rules that findings and verdicts were reached by; it moves with every change of a rule. Stored
 * with every verdict, so that what is stored can be judged again without a fetch.
 */
export const RULES_VERSION = 1;

/**
 * What the bytes turned out to be. There is a document exactly where the shape is `usable`. The fingerprint is null
 * where the bytes are no JSON object.
 */
export type ParsedSupport = {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly rulesVersion: number;
} & (
  | { readonly shape: "usable"; readonly document: SupportDocument; readonly fingerprint: string }
  | {
      readonly shape: Exclude<DocumentShape, "usable">;
      readonly document: null;
      readonly fingerprint: string | null;
    }
);

/** What is known about a document beside its bytes: some findings need to know whose it is. */
export type DocumentContext = { readonly server?: ServerName };

/**
 * Reads a support document (client-server API, "Getting support information") as far as it can be used, and remarks
 * on it. Total: it has an answer for any bytes.
 */
export function parseSupportDocument(_bytes: Uint8Array, _context: DocumentContext = {}): ParsedSupport {
  return {
    shape: "empty",
    document: null,
    fingerprint: null,
    verdict: "unusable",
    findings: [],
    rulesVersion: RULES_VERSION,
  };
}
