import type { Freshness, Listing } from "@switchboard/domain";
import { z } from "zod";
import { deliverySchema, toDelivery } from "./delivery.ts";
import { findingSchema, toFinding, verdictSchema } from "./finding.ts";
import { freshnessSchema, toFreshness } from "./freshness.ts";
import { instantSchema, toIso, toIsoOrNull } from "./instant.ts";
import { softwareSchema, toSoftware } from "./software.ts";
import {
  contactOutlineSchema,
  contactSchema,
  policySchema,
  supportDocumentSchema,
  toContactOutline,
  toSupportDocument,
} from "./support-document.ts";
import { toWebAddress } from "./web-address.ts";

const conditionStateSchema = z.enum(["document", "absent", "unusable", "unreachable", "refused", "unprobed"]);

const conditionSchema = z
  .object({ state: conditionStateSchema, reason: z.string().nullable(), since: instantSchema.nullable() })
  .meta({ id: "Condition", description: "How the server answers now; published content is told apart from it." });

const clocks = {
  firstSeenAt: instantSchema,
  lastProbedAt: instantSchema.nullable().meta({ description: "We last tried." }),
  lastConfirmedAt: instantSchema
    .nullable()
    .meta({ description: "We last saw the present content, or confirmed its absence." }),
  lastChangedAt: instantSchema.nullable().meta({ description: "Published content last changed." }),
};

const judgement = {
  revision: z.number().int().nullable().meta({ description: "Number of the published revision." }),
  verdict: verdictSchema.nullable(),
  rulesVersion: z.number().int().nullable().meta({ description: "Version of the rules the verdict was reached by." }),
};

/** A listing asked for by name. Bodies carry instants, never ages, so that an ETag can stay true. */
export const listingSchema = z
  .object({
    serverName: z.string(),
    hostname: z.string(),
    contacts: z.array(contactSchema).meta({ description: "The published contacts; empty where none are." }),
    supportPage: z.string().nullable(),
    policies: z.array(policySchema),
    document: supportDocumentSchema.nullable().meta({ description: "The same as published, in the document's names." }),
    ...judgement,
    findings: z.array(findingSchema).meta({ description: "On the published document." }),
    publishedSince: instantSchema.nullable(),
    withdrawnAt: instantSchema.nullable().meta({ description: "The operator took the document away, confirmed." }),
    condition: conditionSchema,
    answerFindings: z.array(findingSchema).meta({ description: "On the last full answer that was no document." }),
    absentSince: instantSchema.nullable(),
    freshness: freshnessSchema,
    ...clocks,
    nextProbeAt: instantSchema.nullable(),
    delivery: deliverySchema.nullable().meta({ description: "Of the last probe; null in a listing of the past." }),
    software: softwareSchema.nullable().meta({ description: "Null before the first look." }),
  })
  .meta({ id: "Listing" });
export type ListingBody = z.infer<typeof listingSchema>;

/** A listing found by searching: no addresses, which are a spam list when they come in bulk. */
export const listingOutlineSchema = z
  .object({
    serverName: z.string(),
    hostname: z.string(),
    optedOut: z.boolean().meta({ description: "Its operator asked not to be listed: nothing else is told of it." }),
    contacts: z.array(contactOutlineSchema),
    supportPage: z.string().nullable(),
    ...judgement,
    condition: conditionSchema,
    freshness: freshnessSchema,
    ...clocks,
    software: softwareSchema.nullable(),
  })
  .meta({ id: "ListingOutline" });
export type ListingOutlineBody = z.infer<typeof listingOutlineSchema>;

/** The wire form of a listing, with the freshness it was judged to have. */
export function toListing(listing: Listing, freshness: Freshness): ListingBody {
  const { published } = listing;
  const document = published === null ? null : toSupportDocument(published.document);
  return {
    serverName: listing.serverName,
    hostname: listing.hostname,
    contacts: document?.contacts ?? [],
    supportPage: document?.support_page ?? null,
    policies: document?.policies ?? [],
    document,
    ...toJudgement(listing),
    findings: published?.findings.map(toFinding) ?? [],
    publishedSince: toIsoOrNull(published?.since ?? null),
    withdrawnAt: toIsoOrNull(listing.withdrawnAt),
    condition: toCondition(listing),
    answerFindings: listing.answerFindings.map(toFinding),
    absentSince: toIsoOrNull(listing.absentSince),
    freshness: toFreshness(freshness),
    ...toClocks(listing),
    nextProbeAt: toIsoOrNull(listing.dueAt),
    delivery: listing.delivery === null ? null : toDelivery(listing.delivery),
    software: toSoftware(listing),
  };
}

/** The wire form of a listing in a list. */
export function toListingOutline(listing: Listing, freshness: Freshness): ListingOutlineBody {
  const document = listing.published?.document;
  return {
    serverName: listing.serverName,
    hostname: listing.hostname,
    optedOut: listing.optedOut,
    contacts: document?.contacts.map(toContactOutline) ?? [],
    supportPage: toWebAddress(document?.support_page ?? null),
    ...toJudgement(listing),
    condition: toCondition(listing),
    freshness: toFreshness(freshness),
    ...toClocks(listing),
    software: toSoftware(listing),
  };
}

function toJudgement({ published }: Listing) {
  return {
    revision: published?.revision ?? null,
    verdict: published?.verdict ?? null,
    rulesVersion: published?.rulesVersion ?? null,
  };
}

function toCondition(listing: Listing): ListingBody["condition"] {
  return {
    state: listing.condition,
    reason: listing.conditionReason,
    since: toIsoOrNull(listing.conditionSince),
  };
}

function toClocks(listing: Listing) {
  return {
    firstSeenAt: toIso(listing.firstSeenAt),
    lastProbedAt: toIsoOrNull(listing.lastProbedAt),
    lastConfirmedAt: toIsoOrNull(listing.lastConfirmedAt),
    lastChangedAt: toIsoOrNull(listing.lastChangedAt),
  };
}
