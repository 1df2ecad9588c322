import { createHash } from "node:crypto";
import type { Freshness, Listing } from "@switchboard/domain";
import type { FastifyInstance } from "fastify";

/** Moves with the shape of bodies: a tag of an older release must not confirm a body of another form. */
const BODY_FORM = 1;

/**
 * The tag of a listing (RFC 9110 §8.8.3): its row's version and its freshness. Bodies carry instants, never ages, so
 * nothing else can change them.
 */
export function listingTag(listing: Listing, freshness: Freshness): string {
  const reasons = freshness.reasons.map(({ code }) => code).join("+");
  // The last probe tells apart rows of the same version in a directory that was made anew at the same address.
  return `"${BODY_FORM}.${listing.version}.${listing.lastProbedAt ?? 0}.${freshness.state}.${reasons}"`;
}

/** Whether a condition names this tag (RFC 9110 §13.1.2: weak comparison, a list or `*`). */
function matchesTag(ifNoneMatch: string | undefined, tag: string): boolean {
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
  app.addHook("onSend", async (request, reply, payload) => {
    if (!["GET", "HEAD"].includes(request.method) || reply.statusCode !== 200 || typeof payload !== "string")
      return payload;
    const given = reply.getHeader("etag");
    const tag = typeof given === "string" ? given : contentTag(payload);
    reply.header("etag", tag);
    if (!reply.hasHeader("cache-control")) {
      reply.header("cache-control", request.routeOptions.config.lookUp === true ? "private, no-cache" : "no-cache");
    }
    if (!matchesTag(request.headers["if-none-match"], tag)) return payload;
    reply.code(304).removeHeader("content-type").removeHeader("content-length");
    return null;
  });
}

function contentTag(payload: string): string {
  return `"${createHash("sha256").update(payload).digest("base64url").slice(0, 27)}"`;
}
