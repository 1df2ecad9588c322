import type { Freshness, Listing } from "@switchboard/domain";
import { z } from "zod";
import type { Addresses } from "./change.ts";
import { listingOutlineSchema, toListingOutline } from "./listing.ts";
import { contactOutlineSchema, contactSchema, toContact } from "./support-document.ts";

/** One line of the whole directory: the outline of a listing, whose contacts have addresses only for holders of a key. */
export const exportRowSchema = listingOutlineSchema
  .extend({ contacts: z.array(z.union([contactSchema, contactOutlineSchema])) })
  .meta({ id: "ExportRow" });
export type ExportRowBody = z.infer<typeof exportRowSchema>;

/** The wire form of one line of an export. */
export function toExportRow(listing: Listing, freshness: Freshness, addresses: Addresses): ExportRowBody {
  const outline = toListingOutline(listing, freshness);
  const withAddresses = addresses === "with-addresses";
  return {
    ...outline,
    contacts: withAddresses ? (listing.published?.document.contacts.map(toContact) ?? []) : outline.contacts,
    supportPage: withAddresses ? (listing.published?.document.support_page ?? null) : outline.supportPage,
  };
}

const RECORD_COLUMNS = [
  "server_name",
  "hostname",
  "opted_out",
  "condition",
  "condition_reason",
  "freshness",
  "revision",
  "verdict",
  "role",
  "methods",
  "support_page",
  "first_seen_at",
  "last_probed_at",
  "last_confirmed_at",
  "last_changed_at",
  "software",
  "software_version",
  "online_since",
] as const;
const ADDRESS_COLUMNS = ["matrix_id", "email_address", "pgp_key"] as const;

/** The columns of the CSV export, in order; those with addresses come last and only where addresses are told. */
export function exportColumns(addresses: Addresses): readonly string[] {
  return addresses === "with-addresses" ? [...RECORD_COLUMNS, ...ADDRESS_COLUMNS] : RECORD_COLUMNS;
}

/** The CSV records of one line: one for each contact, one with an empty role for a server without contacts. */
export function toExportRecords(row: ExportRowBody): Record<string, string>[] {
  const server = {
    server_name: row.serverName,
    hostname: row.hostname,
    opted_out: String(row.optedOut),
    condition: row.condition.state,
    condition_reason: row.condition.reason ?? "",
    freshness: row.freshness.state,
    revision: row.revision === null ? "" : String(row.revision),
    verdict: row.verdict ?? "",
    support_page: row.supportPage ?? "",
    first_seen_at: row.firstSeenAt,
    last_probed_at: row.lastProbedAt ?? "",
    last_confirmed_at: row.lastConfirmedAt ?? "",
    last_changed_at: row.lastChangedAt ?? "",
    software: row.software?.name ?? "",
    software_version: row.software?.version ?? "",
    online_since: row.software?.onlineSince ?? "",
  };
  if (row.contacts.length === 0) return [{ ...server, role: "", methods: "" }];
  return row.contacts.map((contact) => {
    if ("methods" in contact) return { ...server, role: contact.role ?? "", methods: contact.methods.join(" ") };
    const { role, matrix_id, email_address, pgp_key } = contact;
    const methods = [matrix_id === null ? [] : ["matrix_id"], email_address === null ? [] : ["email_address"]].flat();
    return {
      ...server,
      role: role ?? "",
      methods: methods.join(" "),
      matrix_id: matrix_id ?? "",
      email_address: email_address ?? "",
      pgp_key: pgp_key ?? "",
    };
  });
}
