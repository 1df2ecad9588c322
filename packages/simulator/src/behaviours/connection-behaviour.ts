import type { FetchFailure } from "@switchboard/domain";
import {
  type Greeting,
  type HttpResponse,
  healthyHost,
  type Plan,
  type Reply,
  resolvesTo,
  respond,
  type Site,
} from "../plan.ts";
import { documentResponse } from "./document-behaviour.ts";

export const CONNECTION_FAULTS = [
  "refused",
  "unroutable",
  "not-accepted",
  "silent",
  "reset-at-once",
  "plain-text",
  "handshake-alert",
  "no-answer",
  "reset-on-request",
  "reset-in-body",
  "cut-off-body",
  "no-http",
] as const;

/** Breaks the connection, or does not make one. */
export type ConnectionBehaviour = { readonly family: "connection"; readonly how: (typeof CONNECTION_FAULTS)[number] };

/** Loopback, but outside the addresses at which the federation answers: nobody listens there. */
const UNUSED_ADDRESS = "127.127.0.1";
/** Loopback's broadcast address: no TCP connection can be made to it (Linux says ENETUNREACH). */
const UNROUTABLE_ADDRESS = "127.255.255.255";
/** Somebody listens here, with a full queue, and never accepts. */
export const UNACCEPTING_ADDRESS = "127.65.0.1";

const REASONS: Record<ConnectionBehaviour["how"], FetchFailure> = {
  refused: "connect-refused",
  unroutable: "connect-unreachable",
  "not-accepted": "connect-timeout",
  silent: "connect-timeout",
  "reset-at-once": "connection-reset",
  "plain-text": "tls-failure",
  "handshake-alert": "tls-failure",
  "no-answer": "timeout",
  "reset-on-request": "connection-reset",
  "reset-in-body": "connection-reset",
  "cut-off-body": "connection-reset",
  "no-http": "protocol-error",
};

/** What a server does that cannot keep up a connection. */
export function planConnection(behaviour: ConnectionBehaviour, site: Site): Plan {
  const { how } = behaviour;
  const response = documentResponse(site, "admin-both", 0);
  const reply = replyOf(how, response);
  return {
    hosts: { own: { ...healthyHost(site), dns: resolvesTo([addressOf(how, site)]), greeting: greetingOf(how) } },
    reply: () => reply,
    truth: { kind: "unreachable", reason: REASONS[how] },
  };
}

function addressOf(how: ConnectionBehaviour["how"], site: Site): string {
  switch (how) {
    case "refused":
      return UNUSED_ADDRESS;
    case "unroutable":
      return UNROUTABLE_ADDRESS;
    case "not-accepted":
      return UNACCEPTING_ADDRESS;
    default:
      return site.address;
  }
}

function greetingOf(how: ConnectionBehaviour["how"]): Greeting {
  switch (how) {
    case "silent":
      return "silence";
    case "reset-at-once":
      return "reset";
    case "plain-text":
      return "plain-text";
    case "handshake-alert":
      return "handshake-alert";
    default:
      return "handshake";
  }
}

function replyOf(how: ConnectionBehaviour["how"], response: HttpResponse): Reply {
  switch (how) {
    case "no-answer":
      return { kind: "silence" };
    case "reset-on-request":
      return { kind: "reset", begun: null };
    case "reset-in-body":
      return { kind: "reset", begun: response };
    case "cut-off-body":
      return { kind: "cut-off", begun: response };
    case "no-http":
      return { kind: "raw", bytes: new TextEncoder().encode("220 mail.example.org ESMTP ready\r\n") };
    default:
      return respond(response);
  }
}
