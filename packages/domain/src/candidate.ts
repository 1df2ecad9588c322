import ipaddr from "ipaddr.js";
import { type IdentifierError, quoteText } from "./identifier-error.ts";
import { err, ok, type Result } from "./result.ts";
import { type Hostname, hostnameOf, isAddressLiteral, parseServerName, type ServerName } from "./server-name.ts";

/** Whose servers are looked for: those of the internet, or also those of a network that uses names of its own. */
export type FederationReach = "public" | "private";

/** A user ID is at most 255 bytes long (appendices, "User Identifiers"): a longer server name leaves its users no room. */
const MAX_CANDIDATE_CHARACTERS = 230;
/** RFC 1035 §2.3.4. */
const MAX_LABEL_CHARACTERS = 63;

/**
 * Names that the public DNS never delegates. `test` and `example` (RFC 2606 §2) are let through: people try things out
 * with them, RFC 6761 §6.2 lets them, and asking costs one look-up.
 */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ["invalid", "RFC 2606"],
  ["localhost", "RFC 6761"],
  ["local", "RFC 6762"],
  ["onion", "RFC 7686"],
  ["home.arpa", "RFC 8375"],
  ["alt", "RFC 9476"],
  ["internal", "ICANN, 2024"],
]);

/** Parses a name heard of: a server name that is worth probing. Errors as of `parseServerName` and `judgeCandidate`. */
export function parseCandidate(text: string, reach: FederationReach): Result<ServerName, IdentifierError> {
  const parsed = parseServerName(text);
  return parsed.ok ? judgeCandidate(parsed.value, reach) : parsed;
}

/**
 * Whether a server name is worth probing; the error says why it is hopeless (`candidate-…`) and what to do. In a private
 * federation its own names and addresses are as good as any, and only what no DNS can hold is hopeless.
 */
export function judgeCandidate(name: ServerName, reach: FederationReach): Result<ServerName, IdentifierError> {
  const hostname = hostnameOf(name);
  const problem = findMisshape(name, hostname) ?? (reach === "public" ? findUnreachable(name, hostname) : null);
  return problem === null ? ok(name) : err(problem);
}

function findMisshape(name: ServerName, hostname: Hostname): IdentifierError | null {
  if (name.length > MAX_CANDIDATE_CHARACTERS) {
    return {
      code: "candidate-too-long",
      message: `${quoteText(name)} has ${name.length} characters; with more than ${MAX_CANDIDATE_CHARACTERS} no user ID would fit`,
      hint: "Check the name: no server that federates is called that.",
    };
  }
  if (isAddressLiteral(hostname)) return null;
  const label = hostname.split(".").find(({ length }) => length === 0 || length > MAX_LABEL_CHARACTERS);
  if (label === undefined) return null;
  return {
    code: "candidate-label",
    message: `${quoteText(name)} has ${label === "" ? "an empty label" : `a label of more than ${MAX_LABEL_CHARACTERS} characters`}`,
    hint: "Write the name without a dot at its ends or two in a row, each part at most 63 characters long.",
  };
}

const PRIVATE_HINT = "For a federation of your own, set SWITCHBOARD_ALLOW_NETWORKS to its networks.";

function findUnreachable(name: ServerName, hostname: Hostname): IdentifierError | null {
  if (isAddressLiteral(hostname)) return findPrivateAddress(name, hostname);
  const labels = hostname.split(".");
  const last = labels.at(-1) ?? "";
  const end = RESERVED.has(last) ? last : labels.slice(-2).join(".");
  const source = RESERVED.get(end);
  if (source !== undefined) {
    const message = `${quoteText(name)} is no name of the internet: ${end} is reserved (${source})`;
    return { code: "candidate-reserved", message, hint: PRIVATE_HINT };
  }
  // A name whose last label is a number is read as an address by half of the world's software (RFC 1123 §2.1).
  if (labels.length > 1 && !/^[0-9]+$/.test(last)) return null;
  return {
    code: "candidate-not-a-domain",
    message: `${quoteText(name)} is no full domain name`,
    hint: `Write the whole name, such as matrix.example.org. ${PRIVATE_HINT}`,
  };
}

/** The first look, for a clear reason; the address guard judges whatever is connected to. */
function findPrivateAddress(name: ServerName, hostname: Hostname): IdentifierError | null {
  const range = ipaddr.parse(hostname.replace(/^\[|\]$/g, "")).range();
  if (range === "unicast") return null;
  const message = `${quoteText(name)} is no address of the internet (${range})`;
  return { code: "candidate-address", message, hint: PRIVATE_HINT };
}
