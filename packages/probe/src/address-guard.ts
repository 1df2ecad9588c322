import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

declare const vettedAddressBrand: unique symbol;

/** An IP address, in its canonical spelling, that the guard lets us dial. Only {@link AddressGuard} mints it. */
export type VettedAddress = string & { readonly [vettedAddressBrand]: true };

/** Vets one IP address as text (no brackets, no zone): the address to dial, or null where we must not dial it. */
export type AddressGuard = (address: string) => VettedAddress | null;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/**
 * Builds the guard that keeps probes off everything but the public internet: only global unicast passes, also of the
 * IPv4 address inside a mapped (RFC 4291 §2.5.5.2), 6to4 (RFC 3056), NAT64 (RFC 6052) or Teredo (RFC 4380) address.
 * `allowNetworks` are CIDRs let through besides. Throws TypeError where one of them is no CIDR.
 */
export function createAddressGuard(allowNetworks: readonly string[]): AddressGuard {
  const networks = allowNetworks.map(parseNetwork);
  return (text) => {
    // isIP refuses what ipaddr.js would read leniently: octal and hexadecimal numbers, missing parts.
    if (isIP(text) === 0 || text.includes("%")) return null;
    const address = ipaddr.process(text);
    const allowed = networks.some((network) => contains(network, address)) || isGlobalUnicast(address);
    return allowed ? (address.toString() as VettedAddress) : null;
  };
}

type Network = readonly [Address, number];

function parseNetwork(cidr: string): Network {
  if (!ipaddr.isValidCIDR(cidr)) throw new TypeError(`not a network in CIDR notation: ${cidr}`);
  return ipaddr.parseCIDR(cidr);
}

function contains([network, bits]: Network, address: Address): boolean {
  if (network instanceof ipaddr.IPv4) return address instanceof ipaddr.IPv4 && address.match(network, bits);
  return address instanceof ipaddr.IPv6 && address.match(network, bits);
}

function isGlobalUnicast(address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return address.range() === "unicast";
  switch (address.range()) {
    case "unicast":
      // IANA gives out global unicast from 2000::/3 only; the rest of the space is reserved (RFC 4291 §2.4).
      return partOf(address, 0) >> 13 === 1;
    case "6to4":
      return isGlobalUnicast(ipv4Of(address, 1));
    case "rfc6052":
      // 64:ff9b:1::/48 is for translation inside a network (RFC 8215), so it is nobody's public address.
      return partOf(address, 2) === 0 && isGlobalUnicast(ipv4Of(address, 6));
    case "teredo":
      return isGlobalUnicast(ipv4Of(address, 2)) && isGlobalUnicast(ipv4Of(address, 6, 0xffff));
    default:
      return false;
  }
}

function partOf(address: ipaddr.IPv6, index: number): number {
  return address.parts[index] ?? 0;
}

/** The IPv4 address in two 16-bit parts of an IPv6 address; Teredo writes the client's with every bit inverted. */
function ipv4Of(address: ipaddr.IPv6, index: number, inversion = 0): ipaddr.IPv4 {
  const high = partOf(address, index) ^ inversion;
  const low = partOf(address, index + 1) ^ inversion;
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}
