import { toInstant } from "../src/instant.ts";
import type { Listing } from "../src/listing.ts";
import { parseMailAddress } from "../src/mail-address.ts";
import type { Result } from "../src/result.ts";
import { hostnameOf, parseServerName, type ServerKey, serverKeyOf } from "../src/server-name.ts";
import type { Contact, SupportDocument } from "../src/support-document.ts";
import { parseUserId } from "../src/user-id.ts";

export const NOW = toInstant(Date.UTC(2026, 10, 21));

/** A contact as a test writes it. */
export type ContactText = { readonly role?: string; readonly matrix_id?: string; readonly email_address?: string };

export function unwrap<T>(result: Result<T, { readonly message: string }>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function buildContact({ role, matrix_id, email_address }: ContactText): Contact {
  return {
    role: role ?? null,
    matrix_id: matrix_id === undefined ? null : unwrap(parseUserId(matrix_id)).userId,
    email_address: email_address === undefined ? null : unwrap(parseMailAddress(email_address)),
    pgp_key: null,
  };
}

export function buildDocument(contacts: readonly ContactText[], supportPage: string | null = null): SupportDocument {
  return { contacts: contacts.map(buildContact), support_page: supportPage, policies: [] };
}

/** The listing of a server that was seen just now; a null document is an honest absence. */
export function buildListing(
  name: string,
  document: SupportDocument | null,
  overrides: Partial<Listing> = {},
): Listing {
  const serverName = unwrap(parseServerName(name));
  const published =
    document === null
      ? null
      : {
          fingerprint: "0".repeat(64),
          document,
          verdict: "valid" as const,
          findings: [],
          rulesVersion: 7,
          since: NOW,
          revision: 3,
        };
  return {
    serverName: serverKeyOf(serverName),
    hostname: hostnameOf(serverName),
    published,
    condition: document === null ? "absent" : "document",
    conditionReason: null,
    conditionSince: NOW,
    answerFindings: [],
    withdrawnAt: null,
    absentSince: null,
    firstSeenAt: NOW,
    lastProbedAt: NOW,
    lastConfirmedAt: NOW,
    lastChangedAt: NOW,
    dueAt: NOW,
    optedOut: false,
    delivery: null,
    discovery: null,
    version: 1,
    ...overrides,
  };
}

export function listingsByKey(...listings: readonly Listing[]): ReadonlyMap<ServerKey, Listing> {
  return new Map(listings.map((listing) => [listing.serverName, listing]));
}
