import type { HopHeaders } from "../src/fetch-report.ts";

/** The headers of an answer that sent none of those that matter. */
export const NO_HEADERS: HopHeaders = {
  contentType: null,
  contentEncoding: null,
  accessControlAllowOrigin: null,
  cacheControl: null,
  expires: null,
  age: null,
  date: null,
  retryAfter: null,
  etag: null,
  lastModified: null,
  location: null,
  server: null,
};
