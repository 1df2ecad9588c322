import {
  CHANGE_KINDS,
  type Change,
  type Condition,
  type Delivery,
  type Finding,
  type Hostname,
  type Instant,
  type MailAddress,
  type OutcomeKind,
  type ServerKey,
  type SupportDocument,
  type UserId,
  type Validator,
  type Verdict,
} from "@switchboard/domain";
import { z } from "zod";

// What comes out of the database was minted by the domain's parsers before it went in: a shape check earns the brand
// back. The brand is in the types alone, because each step of a schema costs on every row of a crawl.

export const hostnameSchema = z.string().min(1) as unknown as z.ZodType<Hostname>;
export const serverKeySchema = z.string().min(1) as unknown as z.ZodType<ServerKey>;
/** The key of the name that is a hostname and nothing else. */
export function plainNameOf(hostname: Hostname): ServerKey {
  return hostname as string as ServerKey;
}
const userIdSchema = z.string().startsWith("@") as unknown as z.ZodType<UserId>;
const mailAddressSchema = z.string().includes("@") as unknown as z.ZodType<MailAddress>;

/** The largest moment there is, either side of 1970 (ECMA-262 §21.4.1.1). */
const MAX_EPOCH_MS = 8.64e15;

/** A timestamptz, which the connection reads as epoch milliseconds. */
export const instantSchema = z.int().min(-MAX_EPOCH_MS).max(MAX_EPOCH_MS) as unknown as z.ZodType<Instant>;

export const verdictSchema = z.enum(["valid", "usable", "unusable"]) satisfies z.ZodType<Verdict>;
export const outcomeKindSchema = z.enum([
  "document",
  "absent",
  "unusable",
  "unreachable",
  "refused",
]) satisfies z.ZodType<OutcomeKind>;

export const conditionSchema = z.enum([...outcomeKindSchema.options, "unprobed"]) satisfies z.ZodType<Condition>;

const findingSchema: z.ZodType<Finding> = z
  .object({
    code: z.string(),
    severity: z.enum(["error", "warning", "info"]),
    path: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    spec: z.string().optional(),
  })
  // Spelled out because an absent member and an undefined one differ (exactOptionalPropertyTypes).
  .transform(({ hint, spec, ...finding }) => ({
    ...finding,
    ...(hint === undefined ? {} : { hint }),
    ...(spec === undefined ? {} : { spec }),
  }));
export const findingsSchema = z.array(findingSchema);

const contactSchema = z.object({
  role: z.string().nullable(),
  matrix_id: userIdSchema.nullable(),
  email_address: mailAddressSchema.nullable(),
  pgp_key: z.string().nullable(),
});
const policiesSchema = z.array(
  z.object({
    id: z.string(),
    version: z.string().nullable(),
    translations: z.array(z.object({ language: z.string(), name: z.string(), url: z.string() })),
  }),
);
export const documentSchema: z.ZodType<SupportDocument> = z.object({
  contacts: z.array(contactSchema),
  support_page: z.string().nullable(),
  policies: policiesSchema,
});

export const changeSchema: z.ZodType<Change> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("document-published"), document: documentSchema }),
  z.object({ kind: z.literal("document-withdrawn"), document: documentSchema }),
  z.object({ kind: z.literal("contact-added"), contact: contactSchema }),
  z.object({ kind: z.literal("contact-removed"), contact: contactSchema }),
  z.object({ kind: z.literal("contact-role-changed"), before: contactSchema, after: contactSchema }),
  z.object({ kind: z.literal("contact-method-changed"), before: contactSchema, after: contactSchema }),
  z.object({
    kind: z.literal("support-page-changed"),
    before: z.string().nullable(),
    after: z.string().nullable(),
  }),
  z.object({ kind: z.literal("policies-changed"), before: policiesSchema, after: policiesSchema }),
  z.object({ kind: z.literal("became-unreachable"), reason: z.string() }),
  z.object({ kind: z.literal("became-refused"), reason: z.string() }),
  z.object({ kind: z.literal("became-unusable"), reason: z.string() }),
  z.object({ kind: z.literal("became-absent") }),
  z.object({ kind: z.literal("recovered"), from: z.enum(["unreachable", "refused", "unusable", "absent"]) }),
  z.object({
    kind: z.literal("verdict-changed"),
    before: verdictSchema,
    after: verdictSchema,
    cause: z.enum(["server", "rules"]),
  }),
]);
export const changeKindSchema = z.enum(CHANGE_KINDS);

export const validatorSchema: z.ZodType<Validator> = z.object({
  url: z.string(),
  etag: z.string().nullable(),
  lastModified: z.string().nullable(),
  outcome: z.enum(["document", "absent", "unusable"]),
  receivedAt: instantSchema,
});

/** Headers that were not sent are not stored: most are not, and every probe rewrites them. */
const headerSchema = z.string().nullable().default(null);
const headersSchema = z.object({
  contentType: headerSchema,
  contentEncoding: headerSchema,
  accessControlAllowOrigin: headerSchema,
  cacheControl: headerSchema,
  expires: headerSchema,
  age: headerSchema,
  date: headerSchema,
  retryAfter: headerSchema,
  etag: headerSchema,
  lastModified: headerSchema,
  location: headerSchema,
  server: headerSchema,
});

/** What of the latest delivery is stored. */
export function toStoredDelivery({ hops, tls, timing }: Delivery): unknown {
  const sentOnly = (headers: Delivery["hops"][number]["headers"]) =>
    headers && Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
  return { hops: hops.map((hop) => ({ ...hop, headers: sentOnly(hop.headers) })), tls, timing };
}

export const deliverySchema: z.ZodType<Delivery> = z.object({
  hops: z.array(
    z.object({
      url: z.string(),
      status: z.int().nullable(),
      address: z.string().nullable(),
      headers: headersSchema.nullable(),
    }),
  ),
  tls: z
    .object({ protocol: z.string().nullable(), issuer: z.string().nullable(), validTo: instantSchema.nullable() })
    .nullable(),
  timing: z.object({
    totalMs: z.number(),
    dnsMs: z.number().nullable(),
    connectMs: z.number().nullable(),
    firstByteMs: z.number().nullable(),
  }),
});

export const reasonCountsSchema = z.record(z.string(), z.int());

/** Counts by reason, the last reason given moved to the end: jsonb keeps no order of keys, and the domain reads the last. */
export function toReasons(counts: z.infer<typeof reasonCountsSchema>, lastReason: string | null) {
  const count = lastReason === null ? undefined : counts[lastReason];
  if (lastReason === null || count === undefined) return counts;
  let last: string | undefined;
  for (const reason in counts) last = reason;
  if (last === lastReason) return counts;
  const { [lastReason]: _moved, ...others } = counts;
  return { ...others, [lastReason]: count };
}
