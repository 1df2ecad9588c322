import type { Finding } from "@switchboard/domain";
import { z } from "zod";

export const verdictSchema = z.enum(["valid", "usable", "unusable"]);

export const findingSchema = z
  .object({
    code: z.string(),
    severity: z.enum(["error", "warning", "info"]),
    path: z.string().meta({ description: "JSON pointer (RFC 6901) into the document; empty: the whole of it." }),
    message: z.string(),
    hint: z.string().optional(),
    spec: z.string().optional(),
  })
  .meta({ id: "Finding", description: "One coded, located remark on a support document or on its delivery." });
export type FindingBody = z.infer<typeof findingSchema>;

/** The wire form of a finding: the same members, none of them undefined. */
export function toFinding(finding: Finding): FindingBody {
  const { code, severity, path, message, hint, spec } = finding;
  return {
    code,
    severity,
    path,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(spec === undefined ? {} : { spec }),
  };
}
