import { isIP } from "node:net";

export const HTTPS_PORT = 443;

/** The text of an https URL, which shows no port where it is https' own. */
export function httpsUrl(hostname: string, port: number, path: string): string {
  return `https://${hostname}${port === HTTPS_PORT ? "" : `:${port}`}${path}`;
}

/** The IP address a URL's hostname is (an IPv6 one without its brackets), null where it is a name. */
export function literalOf(hostname: string): string | null {
  const text = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
  return isIP(text) === 0 ? null : text;
}

/** A DNS name as SNI and certificates have it: without the dot that marks it as absolute (RFC 6066 §3). */
export function withoutTrailingDot(name: string): string {
  return name.endsWith(".") ? name.slice(0, -1) : name;
}
