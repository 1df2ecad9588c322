import { FRESHNESS_STATES, type Freshness } from "@switchboard/domain";
import { z } from "zod";
import { instantSchema, toIsoOrNull } from "./instant.ts";

export const freshnessStateSchema = z.enum(FRESHNESS_STATES);

export const freshnessSchema = z
  .object({
    state: freshnessStateSchema,
    reasons: z.array(z.object({ code: z.string(), message: z.string(), since: instantSchema.nullable() })),
  })
  .meta({ id: "Freshness", description: "How far our knowledge can be trusted, and why." });
export type FreshnessBody = z.infer<typeof freshnessSchema>;

/** The wire form of a freshness. */
export function toFreshness(freshness: Freshness): FreshnessBody {
  return {
    state: freshness.state,
    reasons: freshness.reasons.map(({ code, message, since }) => ({ code, message, since: toIsoOrNull(since) })),
  };
}
