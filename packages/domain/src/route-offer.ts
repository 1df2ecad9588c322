import { explainIndependence, INDEPENDENCE, independenceOf } from "./independence.ts";
import type { Listing } from "./listing.ts";
import type { Purpose } from "./purpose.ts";
import { rankRole, rankSupportPage } from "./role-order.ts";
import {
  type ContactMethod,
  linkTo,
  type Method,
  methodKeyOf,
  methodsOfContact,
  type RouteReason,
} from "./route-method.ts";
import { hostnameOf, type ServerKey, serverKeyOf } from "./server-name.ts";
import type { Contact, SupportDocument } from "./support-document.ts";
import { partsOfUserId } from "./user-id.ts";

/** A published method, with why it stands where it stands. */
export type Offer = {
  readonly method: Method;
  /** `methodKeyOf(method)`. */
  readonly key: string;
  readonly role: string | null;
  readonly pgpKey: string | null;
  readonly reasons: readonly RouteReason[];
};

export type OfferContext = {
  readonly listing: Listing;
  readonly listings: ReadonlyMap<ServerKey, Listing>;
  readonly purpose: Purpose;
};

/** The lowest wins, the first difference deciding: role, belief that it works, independence, kind. */
type RankedOffer = Offer & { readonly ranks: readonly number[] };

const SILENT: RouteReason = { code: "server-silent", message: "the server of this Matrix ID does not answer" };

/** Every method of a document once (a desk listed under three roles is one desk), best first (`contactRoute` has the order). */
export function listOffers(document: SupportDocument, context: OfferContext): readonly Offer[] {
  const page = document.support_page;
  const offers = document.contacts.flatMap((contact) =>
    methodsOfContact(contact).map((method) => offerMethod(method, contact, context)),
  );
  if (page !== null) offers.push(offerSupportPage(page, context.purpose));
  const seen = new Set<string>();
  return offers
    .toSorted((one, other) => compareRanks(one.ranks, other.ranks))
    .filter(({ key }) => !seen.has(key) && seen.add(key));
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  for (const [place, rank] of one.entries()) {
    const difference = rank - (other[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function offerMethod(method: ContactMethod, contact: Contact, context: OfferContext): RankedOffer {
  const role = rankRole(contact.role, context.purpose);
  const independence = independenceOf(method, context.listing.hostname);
  const silent = isOnSilentServer(method, context);
  const isMail = method.kind === "email_address";
  return {
    method,
    key: methodKeyOf(method),
    role: contact.role,
    pgpKey: isMail ? contact.pgp_key : null,
    ranks: [role.rank, silent ? 1 : 0, INDEPENDENCE.indexOf(independence), isMail ? 0 : 1],
    reasons: [role.reason, ...(silent ? [SILENT] : []), explainIndependence(independence)],
  };
}

function offerSupportPage(page: string, purpose: Purpose): RankedOffer {
  const method: Method = { kind: "support_page", value: page };
  const { rank, reason } = rankSupportPage(purpose, { opensInBrowser: linkTo(method) !== null });
  return { method, key: methodKeyOf(method), role: null, pgpKey: null, ranks: [rank], reasons: [reason] };
}

/** Mail waits for its server to come back; a Matrix ID on a server that is gone reaches nobody. */
function isOnSilentServer(method: ContactMethod, { listing, listings }: OfferContext): boolean {
  if (method.kind !== "matrix_id") return false;
  const { serverName } = partsOfUserId(method.value);
  const home = hostnameOf(serverName) === listing.hostname ? listing : listings.get(serverKeyOf(serverName));
  return home?.condition === "unreachable";
}
