import type { FreshnessState } from "./freshness.ts";
import type { Instant } from "./instant.ts";
import { type MailAddress, mailKeyOf } from "./mail-address.ts";
import { buildMatrixTo } from "./matrix-to.ts";
import type { ServerKey } from "./server-name.ts";
import type { Contact } from "./support-document.ts";
import { isWebUri, parseUri } from "./uri.ts";
import { partsOfUserId, type UserId, userKeyOf } from "./user-id.ts";

/** One way to reach a contact; the kinds are the field names of the support document. */
export type ContactMethod =
  | { readonly kind: "matrix_id"; readonly value: UserId }
  | { readonly kind: "email_address"; readonly value: MailAddress };

/** One way to reach somebody at a server. */
export type Method = ContactMethod | { readonly kind: "support_page"; readonly value: string };

/** Why a method stands where it stands, or was set aside. */
export type RouteReasonCode =
  | "role-fits"
  | "role-catch-all"
  | "role-missing"
  | "role-other"
  | "support-page"
  | "independent"
  | "own-mail-domain"
  | "own-domain"
  | "on-server"
  | "server-silent"
  | "is-reported-user"
  | "read-by-reported-user"
  | "unsafe-page";

export type RouteReason = { readonly code: RouteReasonCode; readonly message: string };

/** The revision of the support document that a method was read from. */
export type MethodSource = {
  readonly serverName: ServerKey;
  readonly revision: number;
  readonly since: Instant;
};

/** A method of a contact route, with why it stands there and how far our knowledge of it can be trusted. */
export type RouteMethod = Method & {
  /** As the operator wrote it; null where a contact has none, and for the support page. */
  readonly role: string | null;
  /** MSC4439: where the key for mail to this address can be had. */
  readonly pgpKey: string | null;
  /** Where a click may lead (`mailto:`, matrix.to, http or https); null where the value is to be shown plain. */
  readonly href: string | null;
  readonly reasons: readonly RouteReason[];
  readonly freshness: FreshnessState;
  /** When it was last seen published. */
  readonly confirmedAt: Instant | null;
  readonly source: MethodSource;
};

/** A published method that is not offered, and why. */
export type SetAsideMethod = Method & {
  readonly role: string | null;
  readonly reason: RouteReason;
  readonly source: MethodSource;
};

/** The methods of one contact. */
export function methodsOfContact({ email_address, matrix_id }: Contact): readonly ContactMethod[] {
  const methods: ContactMethod[] = [];
  if (email_address !== null) methods.push({ kind: "email_address", value: email_address });
  if (matrix_id !== null) methods.push({ kind: "matrix_id", value: matrix_id });
  return methods;
}

/** What two spellings of one method share: mail domains and server names compare without case (RFC 5321 §2.4). */
export function methodKeyOf(method: Method): string {
  switch (method.kind) {
    case "matrix_id":
      return `${method.kind} ${userKeyOf(method.value)}`;
    case "email_address":
      return `${method.kind} ${mailKeyOf(method.value)}`;
    case "support_page":
      return `${method.kind} ${method.value}`;
  }
}

/** The link that reaches a method, safe to click; null where there is none. */
export function linkTo(method: Method): string | null {
  switch (method.kind) {
    case "matrix_id":
      return buildMatrixTo({ kind: "user", ...partsOfUserId(method.value) });
    case "email_address":
      return buildMailto(method.value);
    case "support_page": {
      const uri = parseUri(method.value);
      return uri !== null && isWebUri(uri) ? method.value : null;
    }
  }
}

/** Mail programs decode twice: an address with these could add recipients or headers (RFC 6068 §7), so it is not linked. */
function buildMailto(address: MailAddress): string | null {
  if (/[%?&]/.test(address)) return null;
  const at = address.lastIndexOf("@");
  return `mailto:${encodeURIComponent(address.slice(0, at))}@${encodeURIComponent(address.slice(at + 1))}`;
}
