import type { Finding, SupportDocument, Verdict } from "@switchboard/domain";
import { z } from "zod";
import { findingSchema, toFinding, verdictSchema } from "./finding.ts";
import { supportDocumentSchema, toSupportDocument } from "./support-document.ts";

export const lintResultSchema = z
  .object({
    verdict: verdictSchema,
    document: supportDocumentSchema.nullable(),
    findings: z.array(findingSchema),
    rulesVersion: z.number().int(),
  })
  .meta({ id: "LintResult" });
export type LintResultBody = z.infer<typeof lintResultSchema>;

/** The wire form of what the parser says about a document. */
export function toLintResult(parsed: {
  readonly verdict: Verdict;
  readonly document: SupportDocument | null;
  readonly findings: readonly Finding[];
  readonly rulesVersion: number;
}): LintResultBody {
  const { verdict, document, findings, rulesVersion } = parsed;
  return {
    verdict,
    document: document === null ? null : toSupportDocument(document),
    findings: findings.map(toFinding),
    rulesVersion,
  };
}
