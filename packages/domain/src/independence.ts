import { mailDomainOf } from "./mail-address.ts";
import { registrableDomainOf } from "./registrable-domain.ts";
import type { ContactMethod, RouteReason } from "./route-method.ts";
import { type Hostname, hostnameOf, parseHostname } from "./server-name.ts";
import { partsOfUserId } from "./user-id.ts";

/**
 * How far a method depends on the server it is about, the least first.
 *
 * | code            | method                                             | what a report loses |
 * | independent     | hosted elsewhere                                   | nothing: it arrives though the server is down, hostile or taken over |
 * | own-mail-domain | mail at or under the server's registrable domain   | whoever holds the domain reads it, but it arrives though the homeserver is down |
 * | own-domain      | Matrix ID on another server of the same domain     | the same, and the other homeserver must be up and federate |
 * | on-server       | Matrix ID on the server itself                     | down when it is down; its administrator can read and suppress it |
 */
export const INDEPENDENCE = ["independent", "own-mail-domain", "own-domain", "on-server"] as const;
export type Independence = (typeof INDEPENDENCE)[number];

const MESSAGES: Readonly<Record<Independence, string>> = {
  independent: "not hosted by the server it is about",
  "own-mail-domain": "mail at the server's own domain",
  "own-domain": "Matrix ID under the server's own domain",
  "on-server": "Matrix ID on the server itself",
};

/** How far a method depends on the server at `hostname`. */
export function independenceOf(method: ContactMethod, hostname: Hostname): Independence {
  switch (method.kind) {
    case "matrix_id": {
      const home = hostnameOf(partsOfUserId(method.value).serverName);
      if (home === hostname) return "on-server";
      return isSameDomain(home, hostname) ? "own-domain" : "independent";
    }
    case "email_address":
      return isSameDomain(hostOfMailDomain(mailDomainOf(method.value)), hostname) ? "own-mail-domain" : "independent";
  }
}

export function explainIndependence(independence: Independence): RouteReason {
  return { code: independence, message: MESSAGES[independence] };
}

function isSameDomain(host: string, hostname: Hostname): boolean {
  if (host === hostname || host.endsWith(`.${hostname}`)) return true;
  const registrable = registrableDomainOf(hostname);
  return registrable !== null && registrable === registrableDomainOf(host);
}

/** Address literals are spelt otherwise in mail (`[192.0.2.1]`, `[IPv6:2001:db8::1]`: RFC 5321 §4.1.3) than in server names. */
function hostOfMailDomain(domain: string): string {
  const literal = domain.replace(/^\[ipv6:/, "[").replace(/^\[([0-9.]+)\]$/, "$1");
  const hostname = parseHostname(literal);
  return hostname.ok ? hostname.value : domain;
}
