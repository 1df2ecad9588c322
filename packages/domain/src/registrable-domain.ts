import { getDomain } from "tldts";
import type { Hostname } from "./server-name.ts";

declare const registrableDomainBrand: unique symbol;

/** A domain that somebody registered: a public suffix and one label before it, in lower case. */
export type RegistrableDomain = string & { readonly [registrableDomainBrand]: true };

/** The longest public suffix has five labels: no registrable domain comes near this many. */
const MAX_DOMAIN_LABELS = 8;

/**
 * The registrable domain that a host (a hostname, a mail domain) lies at or under, by the public suffix list; private suffixes count, since two
 * tenants of one hoster's domain are strangers to each other. Null for address literals, single labels and public suffixes.
 */
export function registrableDomainOf(host: string): RegistrableDomain | null {
  const domain = getDomain(host, { allowPrivateDomains: true });
  return domain === null ? null : (domain as RegistrableDomain);
}

/**
 * The domain that somebody registered with a registry and that a host lies at or under: private suffixes do not count,
 * so that a hoster and its tenants are one. Null as for {@link registrableDomainOf}.
 */
export function registeredDomainOf(host: string): string | null {
  return getDomain(host, { allowPrivateDomains: false });
}

/**
 * The domains that a hostname lies at or under, the longest first, as long as a registrable domain can be: what to
 * compare with domains that were registrable by an older public suffix list. A trailing dot makes no other domain.
 */
export function domainsAbove(hostname: Hostname): readonly string[] {
  const labels = hostname.replace(/\.+$/, "").split(".");
  const first = Math.max(0, labels.length - MAX_DOMAIN_LABELS);
  return labels.slice(first).map((_, place) => labels.slice(first + place).join("."));
}
