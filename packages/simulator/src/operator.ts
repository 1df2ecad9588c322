import { hashText, pickByText } from "./random.ts";

/** Who runs a simulated server: whose addresses its document gives. All under reserved names (RFC 2606, RFC 6761). */
export type Operator = {
  readonly hostname: string;
  /** What follows the `@` of its mail addresses. */
  readonly mailDomain: string;
  /** The server its Matrix IDs are on. */
  readonly userServer: string;
  /** Where its web pages are. */
  readonly site: string;
};

const HOSTERS = [
  "north-hosting.example.org",
  "harbour-host.example.net",
  "blue-meadow.example.com",
  "tin-roof.example.org",
  "clearwater-it.example.net",
  "seven-hills.example.com",
] as const;

const ADDRESS_LITERAL = /^\[|^[0-9.]+$/;

/**
 * The operator of a simulated server; the same hostname has the same one. Most run their own server, some leave it to a
 * hoster who answers for many servers, and a few can be reached by Matrix on another server than their own.
 */
export function operatorOf(hostname: string): Operator {
  const share = hashText(`operator of ${hostname}`) % 10;
  const hoster = pickByText(HOSTERS, `hoster of ${hostname}`);
  if (share < 3 || ADDRESS_LITERAL.test(hostname)) {
    return { hostname, mailDomain: hoster, userServer: hoster, site: hoster };
  }
  if (share < 5) return { hostname, mailDomain: hostname, userServer: hoster, site: hostname };
  return { hostname, mailDomain: hostname, userServer: hostname, site: hostname };
}
