import type { MailAddress } from "./mail-address.ts";
import type { UserId } from "./user-id.ts";

/**
 * One entry of `contacts`, as far as it can be used: a method that is malformed beyond recovery is null, and a
 * contact without any method is left out. Field names are those on the wire (client-server API, "Getting support information").
 */
export type Contact = {
  /** As the operator wrote it; null where it is missing. Compare by `stableRole(role)`. */
  readonly role: string | null;
  readonly matrix_id: UserId | null;
  readonly email_address: MailAddress | null;
  /** MSC4439: a URI where the key can be had. */
  readonly pgp_key: string | null;
};

/** MSC4266: one entry of `policies`. */
export type Policy = {
  readonly id: string;
  readonly version: string | null;
  readonly translations: readonly { readonly language: string; readonly name: string; readonly url: string }[];
};

/** A support document as far as it can be used: at least one contact or a support page. */
export type SupportDocument = {
  readonly contacts: readonly Contact[];
  readonly support_page: string | null;
  readonly policies: readonly Policy[];
};

/**
 * What the bytes turned out to be.
 * `usable`: there is a document. `nothing-published`: a JSON object that publishes neither contacts nor a page.
 * `nothing-usable`: it tries to publish, but no method or page in it can be used. The rest are no JSON objects at all.
 */
export type DocumentShape =
  | "usable"
  | "nothing-published"
  | "nothing-usable"
  | "empty"
  | "too-large"
  | "too-deep"
  | "not-utf8"
  | "html"
  | "not-json"
  | "not-object";
