/** A URI (RFC 3986 §3) taken apart as far as we judge it. */
export type Uri = {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** Null where the URI has no authority. */
  readonly host: string | null;
};

// RFC 3986 appendix A: pchar, reg-name and IP-literal, the latter not checked further.
const PCHAR = "(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})";
const HOST = "(?:\\[[0-9A-Za-z:._~!$&'()*+,;=-]+\\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)";
const USER_INFO = "(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@";
const URI = new RegExp(
  `^([A-Za-z][A-Za-z0-9+.-]*):(?://(?:${USER_INFO})?(${HOST})(?::[0-9]*)?(?:/${PCHAR}*)*|/?(?:${PCHAR}+(?:/${PCHAR}*)*)?)` +
    `(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`,
);

const WEB_SCHEMES: ReadonlySet<string> = new Set(["http", "https"]);
/** Schemes that carry or run content, or read the visitor's own machine, instead of naming a page. */
const UNSAFE_SCHEMES: ReadonlySet<string> = new Set([
  "about",
  "blob",
  "data",
  "file",
  "filesystem",
  "javascript",
  "vbscript",
  "view-source",
]);

/** The longest URI that we take, in characters: what mail programs and browsers pass on without cutting it. */
export const MAX_URI_CHARACTERS = 2_048;

/** Parses an absolute URI (RFC 3986 §3); null where the text is none. A web address without host is none (RFC 9110 §4.2.1). */
export function parseUri(text: string): Uri | null {
  const match = URI.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  if (match === null || scheme === undefined) return null;
  const host = match[2] ?? null;
  if (WEB_SCHEMES.has(scheme) && (host === null || host === "")) return null;
  return { scheme, host };
}

/** Whether a browser opens the URI as a page: `http` or `https`. */
export function isWebUri(uri: Uri): boolean {
  return WEB_SCHEMES.has(uri.scheme);
}

/** Whether following the URI would run code, show content of its own or open a local file. */
export function isUnsafeUri(uri: Uri): boolean {
  return UNSAFE_SCHEMES.has(uri.scheme);
}

/**
 * `text` with every character that no URI may have percent-encoded as UTF-8 (RFC 3986 §2.1): what a browser does with
 * an address that has spaces, letters beyond ASCII or a second number sign. Null where there are invisible characters,
 * which nobody types.
 */
export function percentEncode(text: string): string | null {
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) return null;
  const encoded = text.replace(/[^A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]|%(?![0-9A-Fa-f]{2})/gu, encodeURIComponent);
  const fragment = encoded.indexOf("#") + 1;
  return fragment === 0 ? encoded : encoded.slice(0, fragment) + encoded.slice(fragment).replaceAll("#", "%23");
}
