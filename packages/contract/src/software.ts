import type { Instant, Listing, ServerSoftware } from "@switchboard/domain";
import { z } from "zod";
import { instantSchema, toIso, toIsoOrNull } from "./instant.ts";

/** What a server says it runs, and whether it answers other homeservers (docs/server-discovery.md). */
export const softwareSchema = z
  .object({
    name: z.string().nullable().meta({ description: "What it last said it runs; null where it never said." }),
    version: z.string().nullable(),
    since: instantSchema.nullable().meta({ description: "When this name and version were first read." }),
    onlineSince: instantSchema.nullable().meta({
      description:
        "Since when it answers other homeservers, a missed visit not counted. Null: it does not, or not yet.",
    }),
    lastAnsweredAt: instantSchema.nullable(),
    checkedAt: instantSchema.nullable().meta({
      description: "When we last looked; null in a listing of the past, as are the others but the first three.",
    }),
    reason: z.string().nullable().meta({ description: "Why it did not answer then; null where it did." }),
  })
  .meta({ id: "Software" });
export type SoftwareBody = z.infer<typeof softwareSchema>;

/** The wire form of what a server runs; null before the first look. */
export function toSoftware({ discovery }: Pick<Listing, "discovery">): SoftwareBody | null {
  if (discovery === null) return null;
  return {
    name: discovery.software?.name ?? null,
    version: discovery.software?.version ?? null,
    since: toIsoOrNull(discovery.softwareSince),
    onlineSince: toIsoOrNull(discovery.onlineSince),
    lastAnsweredAt: toIsoOrNull(discovery.lastAnsweredAt),
    checkedAt: toIsoOrNull(discovery.lastTriedAt),
    reason: discovery.failure,
  };
}

/** What a span of software is told from: the members that the store's rows have. */
export type SoftwareSpanRow = ServerSoftware & { readonly firstAt: Instant; readonly lastAt: Instant };

const softwareSpanSchema = z
  .object({ name: z.string(), version: z.string().nullable(), firstAt: instantSchema, lastAt: instantSchema })
  .meta({ id: "SoftwareSpan", description: "What a server ran, from the first to the last answer that said so." });
export type SoftwareSpanBody = z.infer<typeof softwareSpanSchema>;

export const softwareHistorySchema = z.object({ items: z.array(softwareSpanSchema) });

/** The wire form of a span of software. */
export function toSoftwareSpan({ name, version, firstAt, lastAt }: SoftwareSpanRow): SoftwareSpanBody {
  return { name, version, firstAt: toIso(firstAt), lastAt: toIso(lastAt) };
}
