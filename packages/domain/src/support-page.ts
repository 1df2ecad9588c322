import type { ValueNode } from "@humanwhocodes/momoa";
import { type Place, readText } from "./document-text.ts";
import { quoteText } from "./identifier-error.ts";
import { parseMailAddress } from "./mail-address.ts";
import { unwrapPasted } from "./pasted-text.ts";
import { isUnsafeUri, isWebUri, parseUri, percentEncode } from "./uri.ts";

/** Reads a `support_page` (format `uri`, RFC 3986: any scheme); null where there is none that may be followed. */
export function readSupportPage(node: ValueNode, place: Place): string | null {
  const { path, report } = place;
  const text = readText(node, place);
  if (text === null) return null;
  const page = parseUri(text) === null ? recoverPage(text, place) : text;
  const uri = page === null ? null : parseUri(page);
  if (page === null || uri === null) {
    report({ code: "support-page-malformed", path, message: `${quoteText(text)} is no URI`, ...closerHint(text) });
    return null;
  }
  if (isUnsafeUri(uri)) {
    report({ code: "support-page-unsafe", path, message: `${quoteText(text)} is a ${uri.scheme}: URI` });
    return null;
  }
  if (!isWebUri(uri)) {
    report({ code: "support-page-not-web", path, message: `${quoteText(page)} is a ${uri.scheme}: URI` });
  } else if (uri.scheme === "http") {
    report({ code: "support-page-not-https", path, message: `${quoteText(page)} begins with http:` });
  }
  return page;
}

/** The web address in a text that was meant to be one. A missing scheme is not guessed. */
function recoverPage(text: string, { path, report }: Place): string | null {
  const bare = unwrapPasted(text);
  if (isSafePage(bare)) {
    const message = `${quoteText(text)} is read as ${quoteText(bare)}`;
    report({ code: "decorated-value", path, message, hint: `Write ${quoteText(bare)}.` });
    return bare;
  }
  const encoded = percentEncode(bare);
  if (encoded === null || encoded === bare || !isSafePage(encoded)) return null;
  const message = `${quoteText(text)} is read as ${quoteText(encoded)}`;
  report({ code: "support-page-unencoded", path, message, hint: `Write ${quoteText(encoded)}.` });
  return encoded;
}

function isSafePage(text: string): boolean {
  const uri = parseUri(text);
  return uri !== null && !isUnsafeUri(uri);
}

function closerHint(text: string): { hint?: string } {
  const bare = unwrapPasted(text);
  if (parseMailAddress(bare).ok)
    return { hint: "This looks like a mail address: write it as the email_address of a contact." };
  if (/^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:[/:]|$)/i.test(bare))
    return { hint: `Write ${quoteText(`https://${bare}`)}, if that is meant.` };
  return {};
}
