import type { Contact, Policy, SupportDocument } from "@switchboard/domain";
import { z } from "zod";

/** A contact under the names it has on the wire (client-server API, "Getting support information"; MSC4439). */
export const contactSchema = z
  .object({
    role: z.string().nullable().meta({ description: "As the operator wrote it; null where it is missing." }),
    matrix_id: z.string().nullable(),
    email_address: z.string().nullable(),
    pgp_key: z.string().nullable(),
  })
  .meta({ id: "Contact", description: "One entry of `contacts`; a method that cannot be used is null." });
export type ContactBody = z.infer<typeof contactSchema>;

/** A contact where addresses are left out: what is browsed rather than asked for by name, without an API key. */
export const contactOutlineSchema = z
  .object({ role: z.string().nullable(), methods: z.array(z.enum(["matrix_id", "email_address"])) })
  .meta({ id: "ContactOutline", description: "A contact without its addresses: which methods it has." });
export type ContactOutlineBody = z.infer<typeof contactOutlineSchema>;

export const policySchema = z
  .object({
    id: z.string(),
    version: z.string().nullable(),
    translations: z.array(z.object({ language: z.string(), name: z.string(), url: z.string() })),
  })
  .meta({ id: "Policy", description: "MSC4266: one published policy." });

export const supportDocumentSchema = z
  .object({
    contacts: z.array(contactSchema),
    support_page: z.string().nullable(),
    policies: z.array(policySchema),
  })
  .meta({ id: "SupportDocument", description: "A support document as far as it can be used, in its own names." });
export type SupportDocumentBody = z.infer<typeof supportDocumentSchema>;

/** The wire form of a contact. */
export function toContact(contact: Contact): ContactBody {
  const { role, matrix_id, email_address, pgp_key } = contact;
  return { role, matrix_id, email_address, pgp_key };
}

/** What may be told about a contact where addresses are left out. */
export function toContactOutline(contact: Contact): ContactOutlineBody {
  const methods: ContactOutlineBody["methods"] = [];
  if (contact.matrix_id !== null) methods.push("matrix_id");
  if (contact.email_address !== null) methods.push("email_address");
  return { role: contact.role, methods };
}

/** The wire form of a policy. */
export function toPolicy(policy: Policy): z.infer<typeof policySchema> {
  return {
    id: policy.id,
    version: policy.version,
    translations: policy.translations.map(({ language, name, url }) => ({ language, name, url })),
  };
}

/** The wire form of a support document. */
export function toSupportDocument(document: SupportDocument): SupportDocumentBody {
  return {
    contacts: document.contacts.map(toContact),
    support_page: document.support_page,
    policies: document.policies.map(toPolicy),
  };
}
