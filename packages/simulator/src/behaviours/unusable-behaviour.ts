import type { UnusableReason } from "@switchboard/domain";
import { operatorOf } from "../operator.ts";
import { CORS_HEADERS, type HttpResponse, healthyHost, type Plan, respond, type Site, textResponse } from "../plan.ts";

export const UNUSABLE_ANSWERS = [
  "home-page",
  "home-page-as-json",
  "xhtml-page",
  "empty-body",
  "blank-body",
  "plain-sentence",
  "json-cut-short",
  "doubled-brace",
  "doubled-quote",
  "hash-comments",
  "json-array",
  "json-string",
  "json-null",
  "not-utf8",
  "too-deep",
  "unknown-coding",
  "contacts-without-method",
  "contacts-malformed",
] as const;

/** Answers 200 with something that is no support document. */
export type UnusableBehaviour = { readonly family: "unusable"; readonly how: (typeof UNUSABLE_ANSWERS)[number] };

/** Deep enough for any bound on nesting, and well within the bound on size. */
const DEPTH = 10_000;

const HOME_PAGE = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body><h1>Welcome!</h1></body></html>\n";

const REASONS: Record<UnusableBehaviour["how"], UnusableReason> = {
  "home-page": "html",
  "home-page-as-json": "html",
  "xhtml-page": "html",
  "empty-body": "empty-body",
  "blank-body": "empty-body",
  "plain-sentence": "not-json",
  "json-cut-short": "not-json",
  "doubled-brace": "not-json",
  "doubled-quote": "not-json",
  "hash-comments": "not-json",
  "json-array": "not-object",
  "json-string": "not-object",
  "json-null": "not-object",
  "not-utf8": "not-utf8",
  "too-deep": "too-deep",
  "unknown-coding": "unknown-coding",
  "contacts-without-method": "nothing-usable",
  "contacts-malformed": "nothing-usable",
};

/** What a server does that answers 200 with anything else. */
export function planUnusable(behaviour: UnusableBehaviour, site: Site): Plan {
  return {
    hosts: { own: healthyHost(site) },
    reply: () => respond(unusableResponse(behaviour.how, site)),
    truth: { kind: "unusable", reason: REASONS[behaviour.how] },
  };
}

function unusableResponse(how: UnusableBehaviour["how"], site: Site): HttpResponse {
  const { mailDomain } = operatorOf(site.hostname);
  switch (how) {
    case "home-page":
      return textResponse(200, [["content-type", "text/html; charset=utf-8"]], HOME_PAGE);
    case "home-page-as-json":
      return json(HOME_PAGE);
    case "xhtml-page":
      return textResponse(
        200,
        [["content-type", "application/xhtml+xml"]],
        '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>\n',
      );
    case "empty-body":
      return json("");
    case "blank-body":
      return json(" \n\n");
    case "plain-sentence":
      return textResponse(200, [["content-type", "text/plain"]], `Write to admin@${mailDomain}\n`);
    case "json-cut-short":
      return json('{"contacts": [{"role": "m.role.admin", "email_addr');
    case "doubled-brace":
      return json(`{ { "contacts": [{"role": "m.role.admin", "email_address": "admin@${mailDomain}"}] } }`);
    case "doubled-quote":
      return json(`{"support_page": ""https://${mailDomain}/""}`);
    case "hash-comments":
      return json(`{ admins: [{ mxid: "@admin:${mailDomain}" }] # whom to ask\n}`);
    case "json-array":
      return json(`[{"role": "m.role.admin", "email_address": "admin@${mailDomain}"}]`);
    case "json-string":
      return json(`"admin@${mailDomain}"`);
    case "json-null":
      return json("null");
    case "not-utf8":
      return { ...json(""), body: Buffer.from(`{"support_page": "https://${mailDomain}/\xe9t\xe9"}`, "latin1") };
    case "too-deep":
      return json(`{"contacts": ${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`);
    case "unknown-coding":
      return textResponse(
        200,
        [
          ["content-type", "application/json"],
          ["content-encoding", "x-unheard-of"],
        ],
        "?",
      );
    case "contacts-without-method":
      return json('{"contacts": [{"role": "m.role.admin"}]}');
    case "contacts-malformed":
      return json('{"contacts": [{"role": "m.role.admin", "matrix_id": "admin", "email_address": "ask us"}]}');
  }
}

function json(text: string): HttpResponse {
  return textResponse(200, [["content-type", "application/json"], ...CORS_HEADERS], text);
}
