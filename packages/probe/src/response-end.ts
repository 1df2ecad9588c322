import { decodeBody } from "./body-coding.ts";
import type { FetchEnd } from "./fetch-end.ts";
import { pickHopHeaders } from "./hop-headers.ts";
import type { Answer } from "./requester.ts";

/** The end that a complete answer is: its body decoded, unless that cannot be done. */
export function toResponseEnd({ head, body }: Answer): FetchEnd {
  const headers = pickHopHeaders(head.headers);
  const decoded = decodeBody(body, headers.contentEncoding);
  if (!decoded.ok) return decoded.error;
  return { kind: "response", status: head.status, headers, body: decoded.value };
}
