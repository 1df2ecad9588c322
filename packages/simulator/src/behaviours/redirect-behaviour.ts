import { MAX_REDIRECTS } from "@switchboard/domain";
import {
  CORS_HEADERS,
  type ExpectedOutcome,
  type HostLabel,
  type HostPlan,
  healthyHost,
  notFound,
  type Plan,
  type Reply,
  resolvesTo,
  respond,
  type Site,
  SUPPORT_PATH,
  type SupportRequest,
  textResponse,
  urlAt,
} from "../plan.ts";
import { documentResponse } from "./document-behaviour.ts";

export const REDIRECTS = [
  "same-host",
  "relative",
  "permanent",
  "see-other",
  "temporary-307",
  "permanent-308",
  "other-host",
  "other-host-without-cors",
  "longest-allowed",
  "one-too-many",
  "loop",
  "loop-to-itself",
  "to-not-found",
  "to-home-page",
  "to-unknown-host",
  "to-expired-certificate",
  "to-http",
  "to-other-scheme",
  "with-credentials",
  "to-private-literal",
  "to-metadata-literal",
  "to-loopback-v6",
  "to-private-name",
  "to-forbidden-port",
  "without-location",
  "unreadable-location",
] as const;

/** Answers with a redirect, to somewhere or nowhere. */
export type RedirectBehaviour = { readonly family: "redirect"; readonly how: (typeof REDIRECTS)[number] };

const TARGET_PATH = "/static/matrix-support.json";
const CHAIN_PATH = "/moved/";

const DOCUMENT: ExpectedOutcome = { kind: "document", verdict: "valid" };

/** What a server does that redirects. The document, where there is one, is at another path or on the site `static`. */
export function planRedirect(behaviour: RedirectBehaviour, site: Site): Plan {
  const { how } = behaviour;
  return {
    hosts: { own: healthyHost(site), ...otherHosts(how, site) },
    reply: (request) => replyTo(how, site, request),
    truth: truthOf(how),
  };
}

function otherHosts(how: RedirectBehaviour["how"], site: Site): Partial<Record<HostLabel, HostPlan>> {
  const healthy = healthyHost(site);
  switch (how) {
    case "other-host":
    case "other-host-without-cors":
    case "to-home-page":
      return { static: healthy };
    case "to-private-name":
      return { internal: { ...healthy, dns: resolvesTo(["10.0.0.1"]) } };
    case "to-expired-certificate":
      return { lapsed: { ...healthy, certificate: "expired" } };
    default:
      return {};
  }
}

function truthOf(how: RedirectBehaviour["how"]): ExpectedOutcome {
  switch (how) {
    case "one-too-many":
      return { kind: "unreachable", reason: "too-many-redirects" };
    case "loop":
    case "loop-to-itself":
      return { kind: "unreachable", reason: "redirect-loop" };
    case "to-not-found":
      return { kind: "absent" };
    case "to-home-page":
      return { kind: "unusable", reason: "html" };
    case "to-unknown-host":
      return { kind: "unreachable", reason: "dns-not-found" };
    case "to-expired-certificate":
      return { kind: "unreachable", reason: "tls-expired" };
    case "to-http":
      return { kind: "refused", reason: "redirect-to-http" };
    case "to-other-scheme":
      return { kind: "refused", reason: "redirect-to-other-scheme" };
    case "with-credentials":
      return { kind: "refused", reason: "redirect-with-credentials" };
    case "to-private-literal":
    case "to-metadata-literal":
    case "to-loopback-v6":
    case "to-private-name":
      return { kind: "refused", reason: "forbidden-address" };
    case "to-forbidden-port":
      return { kind: "refused", reason: "redirect-to-forbidden-port" };
    case "without-location":
    case "unreadable-location":
      return { kind: "unusable", reason: "redirect-without-location" };
    default:
      return DOCUMENT;
  }
}

function replyTo(how: RedirectBehaviour["how"], site: Site, request: SupportRequest): Reply {
  if (request.path === SUPPORT_PATH && request.host === "own") return firstReply(how, site);
  if (request.path === TARGET_PATH) return targetReply(how, site, request);
  if (request.path.startsWith(CHAIN_PATH)) return chainReply(how, site, Number(request.path.slice(CHAIN_PATH.length)));
  if (how === "loop" && request.path === "/there") return redirect(302, urlAt(site, "own", SUPPORT_PATH));
  return notFound();
}

function firstReply(how: RedirectBehaviour["how"], site: Site): Reply {
  const target = urlAt(site, "own", TARGET_PATH);
  const portPart = site.port === 443 ? "" : `:${site.port}`;
  switch (how) {
    case "same-host":
      return redirect(302, target);
    case "relative":
      return redirect(302, TARGET_PATH);
    case "permanent":
      return redirect(301, target);
    case "see-other":
      return redirect(303, target);
    case "temporary-307":
      return redirect(307, target);
    case "permanent-308":
      return redirect(308, target);
    case "other-host":
    case "to-home-page":
      return redirect(301, urlAt(site, "static", TARGET_PATH));
    case "other-host-without-cors":
      return respond(textResponse(301, [["location", urlAt(site, "static", TARGET_PATH)]], ""));
    case "longest-allowed":
    case "one-too-many":
      return redirect(302, urlAt(site, "own", `${CHAIN_PATH}2`));
    case "loop":
      return redirect(302, urlAt(site, "own", "/there"));
    case "loop-to-itself":
      return redirect(302, urlAt(site, "own", SUPPORT_PATH));
    case "to-not-found":
      return redirect(302, urlAt(site, "own", "/nothing-here"));
    case "to-unknown-host":
      return redirect(302, urlAt(site, "gone", TARGET_PATH));
    case "to-expired-certificate":
      return redirect(302, urlAt(site, "lapsed", TARGET_PATH));
    case "to-http":
      return redirect(301, target.replace("https:", "http:"));
    case "to-other-scheme":
      return redirect(302, `gopher://${site.hostname}/support`);
    case "with-credentials":
      return redirect(302, target.replace("https://", "https://reader:secret@"));
    case "to-private-literal":
      return redirect(302, `https://10.0.0.1${portPart}/matrix-support.json`);
    case "to-metadata-literal":
      return redirect(302, `https://169.254.169.254${portPart}/latest/meta-data/`);
    case "to-loopback-v6":
      return redirect(302, `https://[::1]${portPart}/matrix-support.json`);
    case "to-private-name":
      return redirect(302, urlAt(site, "internal", TARGET_PATH));
    case "to-forbidden-port":
      return redirect(302, `https://${site.hostname}:25${TARGET_PATH}`);
    case "without-location":
      return respond(textResponse(302, CORS_HEADERS, ""));
    case "unreadable-location":
      return redirect(302, "https://");
  }
}

function targetReply(how: RedirectBehaviour["how"], site: Site, request: SupportRequest): Reply {
  if (how !== "to-home-page") return respond(documentResponse(site, "admin-and-security", request.visit));
  return respond(textResponse(200, [["content-type", "text/html"]], "<!doctype html><title>Welcome</title>\n"));
}

/** The answer at `/moved/{hop}`, reached by redirect number `hop - 1`: on to the next, until the chain is as long as asked. */
function chainReply(how: RedirectBehaviour["how"], site: Site, hop: number): Reply {
  const length = how === "longest-allowed" ? MAX_REDIRECTS : MAX_REDIRECTS + 1;
  if (!Number.isInteger(hop) || hop < 2 || hop > length) return notFound();
  return redirect(302, urlAt(site, "own", hop === length ? TARGET_PATH : `${CHAIN_PATH}${hop + 1}`));
}

function redirect(status: number, location: string): Reply {
  return respond(textResponse(status, [["location", location], ...CORS_HEADERS], ""));
}
