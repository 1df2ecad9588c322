import { type DeclinedEnd, declined } from "./fetch-end.ts";
import { HTTPS_PORT } from "./url-host.ts";

/** What to do with a response: follow its redirect, decline to, or take the response as the end. */
export type RedirectDecision =
  | { readonly kind: "follow"; readonly url: URL }
  | { readonly kind: "declined"; readonly end: DeclinedEnd }
  | { readonly kind: "end" };

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Ports below are for well-known services that are not ours to talk to: mail, SSH, databases' older homes … */
const FIRST_UNPRIVILEGED_PORT = 1024;

/**
 * Decides on a response (RFC 9110 §15.4): redirects are followed to https only, without credentials, and to port 443,
 * the configured well-known port, or a port of 1024 and above. Which addresses may be dialled is the guard's to say,
 * at each hop, after the URL was parsed: parsing is what turns `0x7f.1` into an address.
 */
export function decideRedirect(response: {
  readonly status: number;
  readonly location: string | null;
  readonly from: URL;
  readonly wellKnownPort: number;
}): RedirectDecision {
  if (!REDIRECT_STATUSES.has(response.status) || response.location === null || response.location === "") {
    return { kind: "end" };
  }
  const url = URL.parse(response.location, response.from.href);
  if (url === null) return { kind: "end" };
  url.hash = "";
  if (url.protocol === "http:") {
    return { kind: "declined", end: declined("redirect-to-http", `redirected to ${describe(url)}`) };
  }
  if (url.protocol !== "https:") {
    return { kind: "declined", end: declined("redirect-to-other-scheme", `redirected to a ${url.protocol} URL`) };
  }
  if (url.username !== "" || url.password !== "") {
    return { kind: "declined", end: declined("redirect-with-credentials", `redirected to ${describe(url)}`) };
  }
  if (isForbiddenPort(portOfUrl(url), response.wellKnownPort)) {
    return { kind: "declined", end: declined("redirect-to-forbidden-port", `redirected to ${describe(url)}`) };
  }
  return { kind: "follow", url };
}

/** A URL for people: without its credentials, since details are stored and shown. */
function describe(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** The port an https URL means: a URL object shows none where it is 443. */
export function portOfUrl(url: URL): number {
  return url.port === "" ? HTTPS_PORT : Number(url.port);
}

/** Whether a port is not ours to connect to: one below 1024 other than 443 and the one `configured`. */
export function isForbiddenPort(port: number, configured: number): boolean {
  return port !== HTTPS_PORT && port !== configured && port < FIRST_UNPRIVILEGED_PORT;
}
