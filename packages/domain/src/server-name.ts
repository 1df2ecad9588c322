import ipaddr from "ipaddr.js";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";

declare const serverNameBrand: unique symbol;
declare const serverKeyBrand: unique symbol;
declare const hostnameBrand: unique symbol;

/** A server name as given, as in a Matrix ID: a DNS name or an address literal, perhaps with a port. */
export type ServerName = string & { readonly [serverNameBrand]: true };

/** The directory's key: a server name in lower case (a stated departure, the spec compares server names case-sensitively). */
export type ServerKey = ServerName & { readonly [serverKeyBrand]: true };

/** A server name without port, in lower case, address literals in their canonical spelling; IPv6 keeps its brackets. */
export type Hostname = string & { readonly [hostnameBrand]: true };

const MAX_DNS_NAME_CHARACTERS = 255;
const MAX_PORT = 65_535;

const DNS_NAME = /^[0-9A-Za-z.-]+$/;
const IPV4_SHAPE = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;
const IPV6_SHAPE = /^[0-9A-Fa-f:.]{2,45}$/;
const PORT_SHAPE = /^[0-9]{1,5}$/;

/**
 * Parses a server name (appendices, "Server Name": `hostname [":" port]`), kept as given.
 * Stricter than the grammar in one point: a port outside 1–65535 is refused, since nobody could dial it.
 */
export function parseServerName(text: string): Result<ServerName, IdentifierError> {
  const parts = splitServerName(text);
  if (!parts.ok) return parts;
  const { host, port } = parts.value;
  if (port !== null && /[/@\s]/.test(port)) return err(characterError(text));
  const hostname = parseHostname(host);
  if (!hostname.ok) return hostname;
  if (port !== null && !isDialablePort(port)) {
    return err({
      code: "server-name-port",
      message: `the port of ${quoteText(text)} is no number from 1 to ${MAX_PORT}`,
      hint: "Write the server name as it stands in user IDs; most have no port.",
    });
  }
  return ok(text as ServerName);
}

/**
 * Parses a hostname: a server name without its port (appendices, "Server Name"). Answers it in lower case, an IPv4
 * literal without leading zeros and an IPv6 literal in the spelling of RFC 5952, so that one address is one hostname.
 */
export function parseHostname(text: string): Result<Hostname, IdentifierError> {
  if (text === "") {
    return err({
      code: "server-name-empty",
      message: 'a server name is missing (got "")',
      hint: "Write a server name, such as example.org.",
    });
  }
  if (text.startsWith("[")) return parseIpv6Hostname(text);
  if (text.length > MAX_DNS_NAME_CHARACTERS) {
    return err({
      code: "server-name-too-long",
      message: `${quoteText(text)} has ${text.length} characters; a server name has at most ${MAX_DNS_NAME_CHARACTERS}`,
      hint: "Write the server name only, such as example.org.",
    });
  }
  if (IPV4_SHAPE.test(text)) return parseIpv4Hostname(text);
  if (!DNS_NAME.test(text)) return err(characterError(text));
  return ok(text.toLowerCase() as Hostname);
}

/**
 * The name without the dot at its end that stands for the root of the DNS (RFC 1034 §3.1), where it has one: it comes with
 * a name out of a zone file or a tool, and no server is called so.
 */
export function withoutRootDot(name: ServerName): ServerName {
  return name.replace(/(?<=[^.])\.(?=(?::[0-9]+)?$)/, "") as ServerName;
}

/** The directory's key for a server name. */
export function serverKeyOf(name: ServerName): ServerKey {
  return name.toLowerCase() as ServerKey;
}

/** The hostname of a server name: where its support document is asked for (`name:port` shares its hostname's probe). */
export function hostnameOf(name: ServerName): Hostname {
  const parts = splitServerName(name);
  const hostname = parts.ok ? parseHostname(parts.value.host) : parts;
  // A ServerName is minted only by parseServerName, which has parsed this very part.
  if (!hostname.ok) throw new Error("a server name was minted without its parser");
  return hostname.value;
}

/** The directory's key of a name's hostname: the name's own key where it has no port. */
export function hostnameKeyOf(name: ServerName): ServerKey {
  return hostnameOf(name) as string as ServerKey;
}

/** The port a server name carries, null where it carries none. */
export function portOf(name: ServerName): number | null {
  const parts = splitServerName(name);
  return parts.ok && parts.value.port !== null ? Number(parts.value.port) : null;
}

/** Whether a hostname is an IPv4 or IPv6 address literal rather than a DNS name. */
export function isAddressLiteral(hostname: Hostname): boolean {
  return hostname.startsWith("[") || IPV4_SHAPE.test(hostname);
}

function splitServerName(text: string): Result<{ host: string; port: string | null }, IdentifierError> {
  const literal = text.startsWith("[");
  const hostEnd = literal ? text.indexOf("]") + 1 : text.indexOf(":");
  if (!literal && ipaddr.IPv6.isValid(text)) return err(ipv6Error(text));
  if (literal && (hostEnd === 0 || !["", ":"].includes(text.charAt(hostEnd)))) return err(ipv6Error(text));
  if (hostEnd < 0 || hostEnd === text.length) return ok({ host: text, port: null });
  return ok({ host: text.slice(0, hostEnd), port: text.slice(hostEnd + 1) });
}

function isDialablePort(port: string): boolean {
  return PORT_SHAPE.test(port) && Number(port) >= 1 && Number(port) <= MAX_PORT;
}

function parseIpv4Hostname(text: string): Result<Hostname, IdentifierError> {
  const octets = text.split(".").map(Number);
  if (octets.some((octet) => octet > 255)) {
    return err({
      code: "server-name-ipv4",
      message: `${quoteText(text)} is no IPv4 address: each of its four numbers is at most 255`,
      hint: "Correct the address, or write the server's name.",
    });
  }
  return ok(octets.join(".") as Hostname);
}

function parseIpv6Hostname(text: string): Result<Hostname, IdentifierError> {
  const address = text.slice(1, -1);
  if (!text.endsWith("]") || !IPV6_SHAPE.test(address) || !ipaddr.IPv6.isValid(address)) return err(ipv6Error(text));
  return ok(`[${ipaddr.IPv6.parse(address).toRFC5952String()}]` as Hostname);
}

function ipv6Error(text: string): IdentifierError {
  return {
    code: "server-name-ipv6",
    message: `${quoteText(text)} is no IPv6 address in brackets`,
    hint: "Write the address in brackets, such as [2001:db8::1], and the port after them.",
  };
}

function characterError(text: string): IdentifierError {
  const message = `${quoteText(text)} has characters that no server name has`;
  return { code: "server-name-character", message, hint: characterHint(text) };
}

function characterHint(text: string): string {
  if (/\s/.test(text)) return "Write one server name, without spaces.";
  if (text.includes("/")) return "Write the server name only, without a scheme and a path: example.org.";
  if (text.includes("@")) return "Write only what follows the colon of a user ID: example.org.";
  if (text.includes("_")) return "Server names have no underscore; check the spelling.";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range asks whether anything is outside ASCII
  if (/[^\x00-\x7f]/.test(text)) return "Write an internationalised name in its ASCII form (xn--…).";
  return "A server name has ASCII letters, digits, hyphens and dots only: example.org.";
}
