import ipaddr from "ipaddr.js";
import { byteLengthOf } from "./byte-length.ts";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";

declare const mailAddressBrand: unique symbol;

/** A mail address as given: an RFC 5321 §4.1.2 `Mailbox`, internationalised ones (RFC 6531 §3.3) included. */
export type MailAddress = string & { readonly [mailAddressBrand]: true };

/** RFC 5321 §4.5.3.1: 64 octets of local part, 255 of domain, and a path of 256 with its angle brackets. */
const MAX_LOCAL_BYTES = 64;
const MAX_ADDRESS_BYTES = 254;
const MAX_LABEL_CHARACTERS = 63;

// Beyond ASCII RFC 6531 admits every code point. Invisible ones (controls, formats, separators) only ever come from
// bad copying or bad faith, so they are refused.
const DOT_STRING =
  /^(?:[\w!#$%&'*+\-/=?^`{|}~]|[^\p{ASCII}\p{C}\p{Z}])+(?:\.(?:[\w!#$%&'*+\-/=?^`{|}~]|[^\p{ASCII}\p{C}\p{Z}])+)*$/u;
const QUOTED_STRING = /^"(?:[ !#-[\]-~]|\\[ -~]|[^\p{ASCII}\p{C}\p{Z}])*"$/u;
/** Let-dig [Ldh-str] of RFC 5321; beyond ASCII letters, marks and digits, which is what IDNA (RFC 5892) admits but for rarities. */
const DOMAIN_LABEL = /^[0-9A-Za-z\p{L}\p{M}\p{N}](?:[0-9A-Za-z\-\p{L}\p{M}\p{N}·・]*[0-9A-Za-z\p{L}\p{M}\p{N}])?$/u;
const IPV4_LITERAL = /^\[(\d{1,3}(?:\.\d{1,3}){3})\]$/;
const IPV6_LITERAL = /^\[IPv6:([0-9A-Fa-f:.]{2,45})\]$/i;

/**
 * Parses a mail address (RFC 5321 §4.1.2 `Mailbox`; RFC 6531 §3.3), kept as given: no display name, no angle brackets,
 * no `mailto:`. The domain may be an address literal; of those only IPv4 and IPv6 are registered.
 */
export function parseMailAddress(text: string): Result<MailAddress, IdentifierError> {
  const wrapping = findWrapping(text);
  if (wrapping !== null) return err(wrapping);
  const at = text.lastIndexOf("@");
  if (at < 0) {
    return err({
      code: "mail-address-without-at",
      message: `${quoteText(text)} is no mail address: it has no "@"`,
      hint: "Write it as name@example.org.",
    });
  }
  const localPart = text.slice(0, at);
  const domain = text.slice(at + 1);
  if (byteLengthOf(text) > MAX_ADDRESS_BYTES || byteLengthOf(localPart) > MAX_LOCAL_BYTES) {
    return err({
      code: "mail-address-too-long",
      message: `${quoteText(text)} is too long for a mail address (${MAX_LOCAL_BYTES} bytes before the "@", ${MAX_ADDRESS_BYTES} in all)`,
      hint: "Check what was copied; no mail server takes an address as long as this.",
    });
  }
  if (!DOT_STRING.test(localPart) && !QUOTED_STRING.test(localPart)) {
    return err({
      code: "mail-address-local-part",
      message: `what stands before the "@" of ${quoteText(text)} is no local part of a mail address`,
      hint: "Write one plain address, such as name@example.org.",
    });
  }
  if (!isMailDomain(domain)) {
    return err({
      code: "mail-address-domain",
      message: `what follows the "@" of ${quoteText(text)} is no mail domain`,
      hint: "Write a domain such as example.org after the @.",
    });
  }
  return ok(text as MailAddress);
}

/** The domain of a mail address, in lower case (domains compare without case, local parts do not: RFC 5321 §2.4). */
export function mailDomainOf(address: MailAddress): string {
  return address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}

/** What two spellings of one mail address share: the local part exactly, the domain in lower case (RFC 5321 §2.4). */
export function mailKeyOf(address: MailAddress): string {
  return address.slice(0, address.lastIndexOf("@") + 1) + mailDomainOf(address);
}

function findWrapping(text: string): IdentifierError | null {
  if (/^mailto:/i.test(text)) {
    return {
      code: "mail-address-mailto",
      message: `${quoteText(text)} is a mailto: link, not a mail address`,
      hint: `Leave "mailto:" out and write the address only.`,
    };
  }
  if (/[<>]/.test(text) && !text.startsWith('"')) {
    return {
      code: "mail-address-display-name",
      message: `${quoteText(text)} has angle brackets, which belong to a display name and not to the address`,
      hint: "Write only what stands between the angle brackets.",
    };
  }
  if (text !== text.trim()) {
    return {
      code: "mail-address-spaces",
      message: `${quoteText(text)} has white space around the address`,
      hint: "Remove the white space.",
    };
  }
  return null;
}

function isMailDomain(domain: string): boolean {
  const ipv4 = IPV4_LITERAL.exec(domain)?.[1];
  if (ipv4 !== undefined) return ipv4.split(".").every((octet) => Number(octet) <= 255);
  const ipv6 = IPV6_LITERAL.exec(domain)?.[1];
  if (ipv6 !== undefined) return ipaddr.IPv6.isValid(ipv6);
  return domain.split(".").every((label) => label.length <= MAX_LABEL_CHARACTERS && DOMAIN_LABEL.test(label));
}
