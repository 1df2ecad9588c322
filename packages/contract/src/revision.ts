import type { Finding, Instant, SupportDocument, Verdict } from "@switchboard/domain";
import { z } from "zod";
import { findingSchema, toFinding, verdictSchema } from "./finding.ts";
import { instantSchema, toIso } from "./instant.ts";
import { supportDocumentSchema, toSupportDocument } from "./support-document.ts";

/** What a revision is told from: the members that the store's rows have. */
export type RevisionRow = {
  readonly revision: number;
  readonly fingerprint: string;
  readonly firstSeenAt: Instant;
  readonly verdict: Verdict;
  readonly rulesVersion: number;
};

export const revisionSummarySchema = z
  .object({
    revision: z.number().int(),
    fingerprint: z.string(),
    firstSeenAt: instantSchema,
    verdict: verdictSchema,
    rulesVersion: z.number().int(),
  })
  .meta({ id: "RevisionSummary", description: "One distinct content of a server's document." });
export type RevisionSummaryBody = z.infer<typeof revisionSummarySchema>;

export const revisionSchema = revisionSummarySchema
  .extend({
    serverName: z.string(),
    asServed: z
      .object({ encoding: z.enum(["utf-8", "base64"]), content: z.string(), bytes: z.number().int() })
      .meta({ description: "The bytes as they came: text where they are UTF-8, else base64." }),
    document: supportDocumentSchema.meta({ description: "As parsed." }),
    findings: z.array(findingSchema),
  })
  .meta({ id: "Revision" });
export type RevisionBody = z.infer<typeof revisionSchema>;

/** The wire form of a revision in a list. */
export function toRevisionSummary(row: RevisionRow): RevisionSummaryBody {
  const { revision, fingerprint, firstSeenAt, verdict, rulesVersion } = row;
  return { revision, fingerprint, firstSeenAt: toIso(firstSeenAt), verdict, rulesVersion };
}

/** The wire form of one revision, as served and as parsed. */
export function toRevision(
  serverName: string,
  row: RevisionRow & {
    readonly raw: Uint8Array;
    readonly document: SupportDocument;
    readonly findings: readonly Finding[];
  },
): RevisionBody {
  return {
    ...toRevisionSummary(row),
    serverName,
    asServed: toAsServed(row.raw),
    document: toSupportDocument(row.document),
    findings: row.findings.map(toFinding),
  };
}

function toAsServed(raw: Uint8Array): RevisionBody["asServed"] {
  try {
    // A byte order mark is part of what was served: it must come through.
    const content = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    return { encoding: "utf-8", content, bytes: raw.byteLength };
  } catch {
    const binary = Array.from(raw, (byte) => String.fromCharCode(byte)).join("");
    return { encoding: "base64", content: btoa(binary), bytes: raw.byteLength };
  }
}
