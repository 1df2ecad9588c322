import type { Instant, OutcomeKind } from "@switchboard/domain";
import { z } from "zod";
import { instantSchema, toIso } from "./instant.ts";

export const outcomeKindSchema = z.enum(["document", "absent", "unusable", "unreachable", "refused"]);

/** What a span is told from: the members that the store's rows have. */
export type SpanRow = {
  readonly kind: OutcomeKind;
  readonly revision: number | null;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly count: number;
  readonly reasons: Readonly<Record<string, number>>;
};

export const spanSchema = z
  .object({
    kind: outcomeKindSchema,
    revision: z.number().int().nullable(),
    firstAt: instantSchema,
    lastAt: instantSchema,
    count: z.number().int().meta({ description: "Probes in this run." }),
    reasons: z.record(z.string(), z.number().int()).meta({ description: "How often each reason was given." }),
  })
  .meta({ id: "Span", description: "A run of consecutive probes with the same outcome and the same revision." });
export type SpanBody = z.infer<typeof spanSchema>;

/** The wire form of a span. */
export function toSpan({ kind, revision, firstAt, lastAt, count, reasons }: SpanRow): SpanBody {
  return { kind, revision, firstAt: toIso(firstAt), lastAt: toIso(lastAt), count, reasons: { ...reasons } };
}
