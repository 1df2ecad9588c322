import { type BriefRoute, FRESHNESS_STATES } from "@switchboard/domain";
import { z } from "zod";
import {
  attemptSchema,
  methodKindSchema,
  reasonSchema,
  sourceSchema,
  toAttempt,
  toReason,
  toSource,
} from "./contact-route.ts";
import { instantSchema, toIsoOrNull } from "./instant.ts";

export const briefRouteSchema = z
  .object({
    entity: z.string().meta({ description: "The identifier, invisible characters escaped." }),
    serverName: z.string().nullable().meta({ description: "The first of the entity's servers; null: it names none." }),
    summary: z.string().meta({ description: "One plain line that a bot can print." }),
    needsSender: z
      .boolean()
      .meta({ description: "The entity does not say whose user it was: give the sender's user ID." }),
    methods: z
      .array(
        z.object({
          kind: methodKindSchema,
          value: z.string(),
          role: z.string().nullable(),
          reasons: z.array(reasonSchema),
          freshness: z.enum(FRESHNESS_STATES),
          confirmedAt: instantSchema.nullable(),
          source: sourceSchema,
        }),
      )
      .meta({ description: "Of all servers (`source` says which), best first; as many as fit." }),
    setAside: z.array(z.object({ kind: methodKindSchema, value: z.string(), reason: reasonSchema })),
    tried: z.array(attemptSchema),
    omitted: z.number().int().meta({ description: "Methods left out for want of room." }),
    rulesVersion: z.number().int().nullable(),
    html: z.string().meta({ description: "The same for a client that shows HTML: escaped, links only where safe." }),
  })
  .meta({ id: "BriefRoute", description: "A contact route in under 2 kB." });
export type BriefRouteBody = z.infer<typeof briefRouteSchema>;

/** The wire form of a brief contact route. */
export function toBriefRoute(brief: BriefRoute): BriefRouteBody {
  return {
    entity: brief.entity,
    serverName: brief.serverName,
    summary: brief.summary,
    needsSender: brief.needsSender,
    methods: brief.methods.map(({ kind, value, role, reasons, freshness, confirmedAt, source }) => ({
      kind,
      value,
      role,
      reasons: reasons.map(toReason),
      freshness,
      confirmedAt: toIsoOrNull(confirmedAt),
      source: toSource(source),
    })),
    setAside: brief.setAside.map(({ kind, value, reason }) => ({ kind, value, reason: toReason(reason) })),
    tried: brief.tried.map(toAttempt),
    omitted: brief.omitted,
    rulesVersion: brief.rulesVersion,
    html: brief.html,
  };
}
