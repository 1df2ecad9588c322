import { registeredDomainOf } from "./registrable-domain.ts";
import { type Hostname, isAddressLiteral } from "./server-name.ts";

/** How many new names one source may bring in a day (UTC): in all, and under one registered domain. */
export type NameBound = { readonly perSource: number; readonly perDomain: number };

/**
 * A hoster that answers for any name can invent as many as it likes, and so can whoever writes them into a public room
 * directory. The largest real hosters come in over a few weeks; a flood stays a trickle.
 */
export const NAME_BOUND: NameBound = { perSource: 50_000, perDomain: 100 };

/** What address literals are counted under: nobody registers them, and there are billions. */
const ADDRESS_LITERALS = "address literals";

/**
 * What new names are counted under: the domain somebody registered. Tenants of a hoster count together, unlike for an
 * opt-out: it is the hoster's wildcard that makes up names. A name under no registered domain counts by itself.
 */
export function boundedDomainOf(hostname: Hostname): string {
  if (isAddressLiteral(hostname)) return ADDRESS_LITERALS;
  return registeredDomainOf(hostname) ?? hostname;
}
