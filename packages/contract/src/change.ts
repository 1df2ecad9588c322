import {
  CHANGE_KINDS,
  type Change,
  type ChangeKind,
  type Contact,
  type Instant,
  type SupportDocument,
} from "@switchboard/domain";
import { z } from "zod";
import { verdictSchema } from "./finding.ts";
import { instantSchema, toIso } from "./instant.ts";
import {
  contactOutlineSchema,
  contactSchema,
  policySchema,
  supportDocumentSchema,
  toContact,
  toContactOutline,
  toPolicy,
  toSupportDocument,
} from "./support-document.ts";
import { toWebAddress } from "./web-address.ts";

/** What a change is told from: the members that the store's rows have. */
export type ChangeRow = {
  readonly seq: number;
  readonly hostname: string;
  readonly serverNames: readonly string[];
  readonly at: Instant;
  readonly kind: ChangeKind;
  /** Null where the operator opted out: only the fact stays. */
  readonly change: Change | null;
};

/** Whether addresses are told: to those who named the server, and to holders of an API key. */
export type Addresses = "with-addresses" | "without-addresses";

const anyContact = z.union([contactSchema, contactOutlineSchema]);
const anyDocument = z.union([
  supportDocumentSchema,
  supportDocumentSchema.extend({ contacts: z.array(contactOutlineSchema) }),
]);

const common = {
  id: z.number().int().meta({ description: "Grows with every change." }),
  at: instantSchema,
  hostname: z.string(),
  serverNames: z.array(z.string()).meta({ description: "The directory's names of that hostname." }),
};

function changeOf<Kind extends ChangeKind, Details extends z.ZodRawShape>(kind: Kind, details: Details) {
  return z.object({ ...common, kind: z.literal(kind), details: z.object(details).nullable() });
}

/** A named difference. `details` is null where the operator opted out. */
export const changeSchema = z
  .discriminatedUnion("kind", [
    changeOf("document-published", { document: anyDocument }),
    changeOf("document-withdrawn", { document: anyDocument }),
    changeOf("contact-added", { contact: anyContact }),
    changeOf("contact-removed", { contact: anyContact }),
    changeOf("contact-role-changed", { before: anyContact, after: anyContact }),
    changeOf("contact-method-changed", { before: anyContact, after: anyContact }),
    changeOf("support-page-changed", { before: z.string().nullable(), after: z.string().nullable() }),
    changeOf("policies-changed", { before: z.array(policySchema), after: z.array(policySchema) }),
    changeOf("became-unreachable", { reason: z.string() }),
    changeOf("became-refused", { reason: z.string() }),
    changeOf("became-unusable", { reason: z.string() }),
    changeOf("became-absent", {}),
    changeOf("recovered", { from: z.enum(["unreachable", "refused", "unusable", "absent"]) }),
    changeOf("verdict-changed", {
      before: verdictSchema,
      after: verdictSchema,
      cause: z.enum(["server", "rules"]),
    }),
  ])
  .meta({ id: "Change" });
export type ChangeBody = z.infer<typeof changeSchema>;

/** Every kind of change, for filters. */
export const changeKindSchema = z.enum(CHANGE_KINDS);

/** A page of changes. `resumeCursor` is the `since` to poll with next, also at the end of the feed: it never skips. */
export const changePageSchema = z.object({
  items: z.array(changeSchema),
  nextCursor: z.string().nullable(),
  resumeCursor: z.string(),
});

/** The wire form of a change. */
export function toChange(row: ChangeRow, addresses: Addresses): ChangeBody {
  const common = { id: row.seq, at: toIso(row.at), hostname: row.hostname, serverNames: [...row.serverNames] };
  if (row.change === null) return { ...common, kind: row.kind, details: null };
  return { ...common, ...toDetails(row.change, addresses) };
}

type Detailed<Body extends ChangeBody = ChangeBody> = Body extends ChangeBody ? Pick<Body, "kind" | "details"> : never;

function toDetails(change: Change, addresses: Addresses): Detailed {
  const contact = (one: Contact) => (addresses === "with-addresses" ? toContact(one) : toContactOutline(one));
  const document = (one: SupportDocument) =>
    addresses === "with-addresses"
      ? toSupportDocument(one)
      : {
          ...toSupportDocument(one),
          contacts: one.contacts.map(toContactOutline),
          support_page: toWebAddress(one.support_page),
        };
  switch (change.kind) {
    case "document-published":
    case "document-withdrawn":
      return { kind: change.kind, details: { document: document(change.document) } };
    case "contact-added":
    case "contact-removed":
      return { kind: change.kind, details: { contact: contact(change.contact) } };
    case "contact-role-changed":
    case "contact-method-changed":
      return { kind: change.kind, details: { before: contact(change.before), after: contact(change.after) } };
    case "support-page-changed": {
      const page = addresses === "with-addresses" ? (text: string | null) => text : toWebAddress;
      return { kind: change.kind, details: { before: page(change.before), after: page(change.after) } };
    }
    case "policies-changed":
      return {
        kind: change.kind,
        details: { before: change.before.map(toPolicy), after: change.after.map(toPolicy) },
      };
    case "became-unreachable":
    case "became-refused":
    case "became-unusable":
      return { kind: change.kind, details: { reason: change.reason } };
    case "became-absent":
      return { kind: change.kind, details: {} };
    case "recovered":
      return { kind: change.kind, details: { from: change.from } };
    case "verdict-changed":
      return {
        kind: change.kind,
        details: { before: change.before, after: change.after, cause: change.cause },
      };
  }
}
