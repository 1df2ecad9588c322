import type { Listing } from "@switchboard/domain";
import { z } from "zod";
import { instantSchema, toIsoOrNull } from "./instant.ts";

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
    checkedAt: instantSchema
      .nullable()
      .meta({
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
