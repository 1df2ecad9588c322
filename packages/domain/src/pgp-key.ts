import type { ValueNode } from "@humanwhocodes/momoa";
import { describeType } from "./document-syntax.ts";
import { isStorableText, type Place } from "./document-text.ts";
import { quoteText } from "./identifier-error.ts";
import { isUnsafeUri, MAX_URI_CHARACTERS, parseUri } from "./uri.ts";

const FINGERPRINT_SCHEME = "openpgp4fpr:";
/** OpenPGP v4 fingerprints have 20 octets, those of v6 have 32 (RFC 9580 §5.5.4). */
const FINGERPRINT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i;
const ARMOURED = /-----BEGIN|BEGIN PGP/i;
/** Armour without its header: what is this long and base64 throughout is a key, not an address. */
const BASE64_KEY = /^[A-Za-z0-9+/=\s]{120,}$/;

/** Reads a `pgp_key` (MSC4439): a URI from where the key can be had. Null where it is none that may be followed. */
export function readPgpKey(node: ValueNode, { path, report }: Place): string | null {
  if (node.type !== "String") {
    report({ code: "pgp-key-malformed", path, message: `this field is ${describeType(node)} instead of a URI` });
    return null;
  }
  const text = node.value.trim();
  if (ARMOURED.test(text) || BASE64_KEY.test(text) || /^data:/i.test(text)) {
    report({ code: "pgp-key-raw", path, message: `${quoteText(text)} is a key, not the address of one` });
    return null;
  }
  const digits = text.replace(/^(?:openpgp4fpr:|0x)/i, "").replace(/[\s:]/g, "");
  if (text.toLowerCase().startsWith(FINGERPRINT_SCHEME) || /^[0-9a-f]{8,}$/i.test(digits)) {
    return readFingerprint(node.value, digits, { path, report });
  }
  const uri = isStorableText(text) && text.length <= MAX_URI_CHARACTERS ? parseUri(text) : null;
  if (uri === null || isUnsafeUri(uri) || text !== node.value) {
    report({ code: "pgp-key-malformed", path, message: `${quoteText(node.value)} is no URI where a key could be had` });
  } else if (uri.scheme === "http") {
    report({ code: "pgp-key-not-https", path, message: `${quoteText(text)} begins with http:` });
  }
  return uri === null || isUnsafeUri(uri) ? null : text;
}

function readFingerprint(text: string, digits: string, { path, report }: Place): string | null {
  if (!FINGERPRINT.test(digits)) {
    const message = `${quoteText(text)} has ${digits.length} digits and is no fingerprint`;
    report({ code: "pgp-key-fingerprint", path, message });
    return null;
  }
  const uri = FINGERPRINT_SCHEME + digits;
  if (uri.toLowerCase() !== text.toLowerCase()) {
    report({ code: "pgp-key-fingerprint", path, message: `${quoteText(text)} is read as ${quoteText(uri)}` });
  }
  return uri;
}
