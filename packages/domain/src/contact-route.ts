import { type Entity, needsSender, type RelatedServer, type Relation, serversOfEntity } from "./entity.ts";
import { type Freshness, type FreshnessPolicy, freshnessOf } from "./freshness.ts";
import type { Instant } from "./instant.ts";
import type { Listing } from "./listing.ts";
import type { Purpose } from "./purpose.ts";
import { type Attempt, findAttempts } from "./route-attempt.ts";
import { linkTo, type MethodSource, type RouteMethod, type SetAsideMethod } from "./route-method.ts";
import { listOffers } from "./route-offer.ts";
import { summarizeRoute } from "./route-summary.ts";
import {
  type Hostname,
  hostnameKeyOf,
  hostnameOf,
  type ServerKey,
  type ServerName,
  serverKeyOf,
} from "./server-name.ts";
import { findReasonsAgainst } from "./set-aside.ts";

/** Whom to reach at one server of the entity. */
export type ServerRoute = {
  readonly serverName: ServerName;
  readonly relation: Relation;
  /** Best first. */
  readonly methods: readonly RouteMethod[];
  readonly setAside: readonly SetAsideMethod[];
  /** What was looked at and gave nothing, or less than it should. */
  readonly tried: readonly Attempt[];
  /** Null where the server is not in the directory. */
  readonly freshness: Freshness | null;
  /** The rules by which the document was judged; null where none is published. */
  readonly rulesVersion: number | null;
};

/** An answer to "whom do I reach about this?". */
export type ContactRoute = {
  readonly entity: Entity;
  readonly purpose: Purpose;
  /** The entity does not say whose user it was: with the sender's user ID there would be an `author`. */
  readonly needsSender: boolean;
  /** In the order of their relation; several for rooms and events, none where the entity names no server. */
  readonly servers: readonly ServerRoute[];
  /** One plain line that a bot can print. */
  readonly summary: string;
};

export type ContactRouteRequest = {
  readonly entity: Entity;
  readonly purpose: Purpose;
  /** The listings of the entity's servers (`listingKeysOf`), and any others that are at hand. */
  readonly listings: ReadonlyMap<ServerKey, Listing>;
  /** Hostnames without a listing whose operators opted out all the same, as a domain does for names it never heard of. */
  readonly optedOut?: ReadonlySet<Hostname>;
  readonly now: Instant;
  readonly policy?: FreshnessPolicy;
};

/**
 * Finds the contact routes of an entity: for each of its servers every published method, best first.
 *
 * Methods are ordered by, the first difference deciding:
 * 1. role for the purpose (`role-order.ts`);
 * 2. belief that it works: a Matrix ID on a server that does not answer comes after the others;
 * 3. independence of the server it is about (`independence.ts`);
 * 4. mail before Matrix ID: it waits where nobody is online, and takes evidence;
 * 5. the operator's own order.
 *
 * A contact that is the reported user is set aside with all of its methods, wherever else they are listed too.
 */
export function contactRoute(request: ContactRouteRequest): ContactRoute {
  const { entity, purpose } = request;
  const servers = serversOfEntity(entity).map((related) => routeServer(related, request));
  const route = { entity, purpose, needsSender: needsSender(entity), servers };
  return { ...route, summary: summarizeRoute(route) };
}

/** The names whose listings tell the contact routes of an entity: its servers', and their hostnames'. */
export function listingKeysOf(entity: Entity): readonly ServerKey[] {
  const keys = serversOfEntity(entity).flatMap(({ serverName }) => [
    serverKeyOf(serverName),
    hostnameKeyOf(serverName),
  ]);
  return [...new Set(keys)];
}

function routeServer(related: RelatedServer, request: ContactRouteRequest): ServerRoute {
  const { serverName } = related;
  const listing = findListing(serverName, request.listings);
  const isOptedOut = listing?.optedOut ?? request.optedOut?.has(hostnameOf(serverName)) ?? false;
  const { methods, setAside } = listing === null ? NOTHING : orderMethods(listing, request);
  return {
    ...related,
    methods,
    setAside,
    tried: findAttempts(serverName, isOptedOut ? "opted-out" : listing, {
      offered: methods.length,
      setAside: setAside.length,
    }),
    freshness: listing === null ? null : freshnessOf(listing, request.now, request.policy),
    rulesVersion: listing?.published?.rulesVersion ?? null,
  };
}

/** By name, else by hostname: `name:port` shares its hostname's document (MSC1929 takes the port off to ask for it). */
function findListing(serverName: ServerName, listings: ReadonlyMap<ServerKey, Listing>): Listing | null {
  return listings.get(serverKeyOf(serverName)) ?? listings.get(hostnameKeyOf(serverName)) ?? null;
}

type Ordered = Pick<ServerRoute, "methods" | "setAside">;

const NOTHING: Ordered = { methods: [], setAside: [] };

function orderMethods(listing: Listing, { entity, purpose, listings, now, policy }: ContactRouteRequest): Ordered {
  const { published, serverName, lastConfirmedAt } = listing;
  // Opting out deletes what was published; should a caller hold the row from before, it is as good as deleted.
  if (published === null || listing.optedOut) return NOTHING;
  const source: MethodSource = { serverName, revision: published.revision, since: published.since };
  const freshness = freshnessOf(listing, now, policy).state;
  const reasonsAgainst = findReasonsAgainst(published.document, entity);
  const methods: RouteMethod[] = [];
  const setAside: SetAsideMethod[] = [];
  for (const { method, key, role, pgpKey, reasons } of listOffers(published.document, { listing, listings, purpose })) {
    const reason = reasonsAgainst.get(key);
    if (reason !== undefined) setAside.push({ ...method, role, reason, source });
    else {
      const href = linkTo(method);
      methods.push({ ...method, role, pgpKey, href, reasons, freshness, confirmedAt: lastConfirmedAt, source });
    }
  }
  return { methods, setAside };
}
