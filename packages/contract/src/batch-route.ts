import { type IdentifierError, PURPOSES, RELATIONS, type Recipient } from "@switchboard/domain";
import { z } from "zod";
import { briefRouteSchema } from "./brief-route.ts";
import { contactRouteSchema, methodKindSchema } from "./contact-route.ts";
import { entityParameter, MAX_BATCH } from "./parameter.ts";

export const batchRequestSchema = z
  .strictObject({
    // One that is empty or too long is told in its place, like any other that cannot be read.
    entities: z
      .array(z.string().meta(entityParameter.meta() ?? {}))
      .min(1)
      .max(MAX_BATCH),
    purpose: z.enum(PURPOSES).default("abuse"),
    view: z.enum(["full", "brief"]).default("full"),
  })
  .meta({ id: "ContactRouteBatch" });

const unreadEntitySchema = z
  .object({ entity: z.string(), error: z.object({ code: z.string(), message: z.string(), hint: z.string() }) })
  .meta({ id: "UnreadEntity" });

const recipientSchema = z
  .object({
    method: z.object({
      kind: methodKindSchema,
      value: z.string(),
      role: z.string().nullable(),
      pgpKey: z.string().nullable(),
      href: z.string().nullable(),
    }),
    entities: z.array(z.string()).meta({ description: "As given." }),
    about: z
      .array(z.object({ entity: z.string(), serverName: z.string(), relation: z.enum(RELATIONS) }))
      .meta({ description: "The same entities, with the recipient's server and how it stands to each." }),
  })
  .meta({ id: "Recipient", description: "One report to write, and the entities it is about." });

export const batchResultSchema = z
  .object({
    results: z
      .array(z.union([contactRouteSchema, briefRouteSchema, unreadEntitySchema]))
      .meta({ description: "One for each entity, in the order given; in the view asked for." }),
    recipients: z.array(recipientSchema),
    unrouted: z.array(z.string()).meta({ description: "Entities that no recipient could be found for." }),
  })
  .meta({ id: "ContactRouteBatchResult" });
export type BatchResultBody = z.infer<typeof batchResultSchema>;

/** The wire form of an entity that could not be read. */
export function toUnreadEntity(given: string, { code, message, hint }: IdentifierError) {
  return { entity: given, error: { code, message, hint } };
}

/** The wire form of a recipient. */
export function toRecipient({ method, entities }: Recipient): z.infer<typeof recipientSchema> {
  const { kind, value, role, pgpKey, href } = method;
  return {
    method: { kind, value, role, pgpKey, href },
    entities: entities.map(({ entity }) => entity.given),
    about: entities.map(({ entity, serverName, relation }) => ({ entity: entity.given, serverName, relation })),
  };
}
