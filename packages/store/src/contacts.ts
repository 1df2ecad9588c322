import type { Result, ServerKey } from "@switchboard/domain";
import type { CursorError, Page } from "./page.ts";

/** One contact method as a server publishes it now. */
export type FoundContact = {
  readonly serverName: ServerKey;
  readonly role: string | null;
  readonly stableRole: string | null;
  readonly kind: "matrix_id" | "email_address";
  readonly value: string;
};

export type ContactSearch = {
  /** A mail address, Matrix ID or mail domain; a part of one where `match` is `substring` (at least 3 characters). */
  readonly q: string;
  readonly match: "exact" | "substring";
  readonly limit: number;
  readonly cursor?: string;
};

export type Contacts = {
  /** Which servers name this contact: reverse look-up. Localparts compare exactly in an exact match, domains by key. */
  findContacts(search: ContactSearch): Promise<Result<Page<FoundContact>, CursorError>>;
};
