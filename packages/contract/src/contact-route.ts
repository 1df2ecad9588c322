import type { Attempt, ContactRoute, RouteMethod, ServerRoute, SetAsideMethod } from "@switchboard/domain";
import { PURPOSES, RELATIONS } from "@switchboard/domain";
import { z } from "zod";
import { freshnessSchema, freshnessStateSchema, toFreshness } from "./freshness.ts";
import { instantSchema, toIso, toIsoOrNull } from "./instant.ts";

export const methodKindSchema = z.enum(["matrix_id", "email_address", "support_page"]);

export const reasonSchema = z.object({ code: z.string(), message: z.string() });

export const sourceSchema = z
  .object({ serverName: z.string(), revision: z.number().int(), since: instantSchema })
  .meta({ description: "The revision of the support document that the method was read from." });

const routeMethodSchema = z
  .object({
    kind: methodKindSchema,
    value: z.string(),
    role: z.string().nullable(),
    pgpKey: z.string().nullable(),
    href: z
      .string()
      .nullable()
      .meta({ description: "Safe to click (mailto:, matrix.to, http, https); null: show the value plain." }),
    reasons: z.array(reasonSchema).meta({ description: "Why it stands where it stands." }),
    freshness: freshnessStateSchema,
    confirmedAt: instantSchema.nullable().meta({ description: "When it was last seen published." }),
    source: sourceSchema,
  })
  .meta({ id: "RouteMethod" });

const setAsideSchema = z.object({
  kind: methodKindSchema,
  value: z.string(),
  role: z.string().nullable(),
  reason: reasonSchema,
  source: sourceSchema,
});

export const attemptSchema = z.object({
  serverName: z.string(),
  code: z.string(),
  message: z.string(),
  at: instantSchema.nullable(),
});

const serverRouteSchema = z
  .object({
    serverName: z.string(),
    relation: z
      .enum(RELATIONS)
      .meta({ description: "How the server stands to the entity; only `author` is the accused's own." }),
    methods: z.array(routeMethodSchema).meta({ description: "Best first." }),
    setAside: z.array(setAsideSchema).meta({ description: "Published and not offered, with the reason." }),
    tried: z.array(attemptSchema).meta({ description: "Looked at, and gave nothing or less than it should." }),
    freshness: freshnessSchema.nullable(),
    rulesVersion: z.number().int().nullable(),
  })
  .meta({ id: "ServerRoute" });

export const contactRouteSchema = z
  .object({
    entity: z.string().meta({ description: "As given." }),
    kind: z.enum(["server", "user", "room", "alias", "event", "media"]),
    purpose: z.enum(PURPOSES),
    needsSender: z
      .boolean()
      .meta({ description: "The entity does not say whose user it was: give the sender's user ID." }),
    summary: z.string().meta({ description: "One plain line." }),
    servers: z.array(serverRouteSchema),
  })
  .meta({ id: "ContactRoute", description: "Whom to reach about an entity, at each server it names." });
export type ContactRouteBody = z.infer<typeof contactRouteSchema>;

/** The wire form of a contact route. */
export function toContactRoute(route: ContactRoute): ContactRouteBody {
  return {
    entity: route.entity.given,
    kind: route.entity.kind,
    purpose: route.purpose,
    needsSender: route.needsSender,
    summary: route.summary,
    servers: route.servers.map(toServerRoute),
  };
}

function toServerRoute(server: ServerRoute): ContactRouteBody["servers"][number] {
  return {
    serverName: server.serverName,
    relation: server.relation,
    methods: server.methods.map(toRouteMethod),
    setAside: server.setAside.map(toSetAside),
    tried: server.tried.map(toAttempt),
    freshness: server.freshness === null ? null : toFreshness(server.freshness),
    rulesVersion: server.rulesVersion,
  };
}

function toRouteMethod(method: RouteMethod): z.infer<typeof routeMethodSchema> {
  const { kind, value, role, pgpKey, href, freshness, confirmedAt } = method;
  const reasons = method.reasons.map(toReason);
  const source = toSource(method.source);
  return { kind, value, role, pgpKey, href, reasons, freshness, confirmedAt: toIsoOrNull(confirmedAt), source };
}

function toSetAside({ kind, value, role, reason, source }: SetAsideMethod): z.infer<typeof setAsideSchema> {
  return { kind, value, role, reason: toReason(reason), source: toSource(source) };
}

/** The wire form of a reason. */
export function toReason({ code, message }: RouteMethod["reasons"][number]): z.infer<typeof reasonSchema> {
  return { code, message };
}

/** The wire form of what was looked at and gave nothing, or less than it should. */
export function toAttempt({ serverName, code, message, at }: Attempt): z.infer<typeof attemptSchema> {
  return { serverName, code, message, at: toIsoOrNull(at) };
}

/** The wire form of where a method was read. */
export function toSource({ serverName, revision, since }: RouteMethod["source"]): z.infer<typeof sourceSchema> {
  return { serverName, revision, since: toIso(since) };
}
