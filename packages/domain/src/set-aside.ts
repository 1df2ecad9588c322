import type { Entity } from "./entity.ts";
import { methodKeyOf, methodsOfContact, type RouteReason } from "./route-method.ts";
import type { SupportDocument } from "./support-document.ts";
import { isUnsafeUri, parseUri } from "./uri.ts";

const IS_REPORTED: RouteReason = { code: "is-reported-user", message: "this is the user it is about" };
const READ_BY_REPORTED: RouteReason = {
  code: "read-by-reported-user",
  message: "listed as one contact with the user it is about, who would read it",
};
const UNSAFE_PAGE: RouteReason = { code: "unsafe-page", message: "opening it would run or show content of its own" };

/** Why methods of a document are not to be offered for an entity, by `methodKeyOf`; most documents have none. */
export function findReasonsAgainst(document: SupportDocument, entity: Entity): ReadonlyMap<string, RouteReason> {
  const reasons = new Map<string, RouteReason>();
  if (entity.kind === "user") {
    const reported = methodKeyOf({ kind: "matrix_id", value: entity.userId });
    const contacts = document.contacts.map((contact) => methodsOfContact(contact).map(methodKeyOf));
    for (const key of contacts.filter((keys) => keys.includes(reported)).flat()) {
      reasons.set(key, key === reported ? IS_REPORTED : READ_BY_REPORTED);
    }
  }
  const page = document.support_page;
  const uri = page === null ? null : parseUri(page);
  if (page !== null && uri !== null && isUnsafeUri(uri)) {
    reasons.set(methodKeyOf({ kind: "support_page", value: page }), UNSAFE_PAGE);
  }
  return reasons;
}
