import { createHash } from "node:crypto";
import type { Freshness, Listing } from "@switchboard/domain";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** Moves with the shape of bodies: a tag of an older release must not confirm a body of another form. */
const BODY_FORM = 2;

/**
 * The tag of a listing (RFC 9110 §8.8.3): its row's version, its freshness, and the last look at what the server runs, which
 * moves no version. Bodies carry instants, never ages, so nothing else can change them.
 */
export function listingTag(listing: Listing, freshness: Freshness): string {
  const reasons = freshness.reasons.map(({ code }) => code).join("+");
  // The last probe tells apart rows of the same version in a directory that was made anew at the same address.
  const clocks = `${listing.lastProbedAt ?? 0}.${listing.discovery?.lastTriedAt ?? 0}`;
  return `"${BODY_FORM}.${listing.version}.${clocks}.${freshness.state}.${reasons}"`;
}

/**
 * Whether the client has this tag's body already (RFC 9110 §13.1.2: weak comparison, a list or `*`), so that a route that
 * knows the tag beforehand need not make the body.
 */
export function hasTag({ headers }: FastifyRequest, tag: string): boolean {
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const known: readonly string[] = ifNoneMatch.match(/"[^"]*"/g) ?? [];
  return known.includes(tag);
}

/**
 * Gives every answer of this app to a GET a tag, of its bytes where the route gave none, and turns it into a 304 where
 * the client has it already. Streams have none.
 */
export function registerEntityTags(app: FastifyInstance): void {
  app.addHook("onSend", (request, reply, payload, done) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead || (reply.statusCode !== 304 && (reply.statusCode !== 200 || typeof payload !== "string"))) {
      return done(null, payload);
    }
    if (!reply.hasHeader("cache-control")) {
      reply.header("cache-control", request.routeOptions.config.lookUp === true ? "private, no-cache" : "no-cache");
    }
    if (typeof payload !== "string" || reply.statusCode === 304) return done(null, payload);
    const given = reply.getHeader("etag");
    const tag = typeof given === "string" ? given : contentTag(payload);
    reply.header("etag", tag);
    if (!hasTag(request, tag)) return done(null, payload);
    reply.code(304).removeHeader("content-type").removeHeader("content-length");
    done(null, null);
  });
}

function contentTag(payload: string): string {
  return `"${createHash("sha256").update(payload).digest("base64url").slice(0, 27)}"`;
}
