import type { HopHeaders } from "@switchboard/domain";

/** Response headers by lower-case name, as undici reads them: latin1 text, an array where a field is repeated. */
export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Picks the response headers that matter, as sent; null where absent. Repeated fields are joined (RFC 9110 §5.3). */
export function pickHopHeaders(headers: ReceivedHeaders): HopHeaders {
  return {
    contentType: joined(headers["content-type"]),
    contentEncoding: joined(headers["content-encoding"]),
    accessControlAllowOrigin: joined(headers["access-control-allow-origin"]),
    cacheControl: joined(headers["cache-control"]),
    expires: joined(headers["expires"]),
    age: joined(headers["age"]),
    date: joined(headers["date"]),
    retryAfter: joined(headers["retry-after"]),
    etag: joined(headers["etag"]),
    lastModified: joined(headers["last-modified"]),
    location: firstOf(headers["location"]),
    server: joined(headers["server"]),
  };
}

function joined(value: string | string[] | undefined): string | null {
  if (value === undefined) return null;
  return typeof value === "string" ? value : value.join(", ");
}

/** A Location is one URL, so the first is taken; one with bytes outside ASCII is read as UTF-8, as browsers do. */
function firstOf(value: string | string[] | undefined): string | null {
  const first = typeof value === "string" ? value : value?.[0];
  return first === undefined ? null : Buffer.from(first, "latin1").toString("utf8");
}
