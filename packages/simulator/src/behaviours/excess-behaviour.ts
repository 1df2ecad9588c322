import { gzipSync } from "node:zlib";
import { type FetchFailure, MAX_BODY_BYTES, MAX_HEADER_BYTES } from "@switchboard/domain";
import { CORS_HEADERS, type HeaderLine, healthyHost, type Plan, type Reply, respond, type Site } from "../plan.ts";
import { documentResponse } from "./document-behaviour.ts";

export const EXCESSES = [
  "long-body",
  "endless-body",
  "compressed-bomb",
  "long-header",
  "many-headers",
  "dripping-body",
  "dripping-headers",
  "dripping-status",
] as const;

/** Answers with more than anybody would read, or so slowly that nobody would wait. */
export type ExcessBehaviour = { readonly family: "excess"; readonly how: (typeof EXCESSES)[number] };

const JSON_HEADERS: readonly HeaderLine[] = [["content-type", "application/json"], ...CORS_HEADERS];

const REASONS: Record<ExcessBehaviour["how"], FetchFailure> = {
  "long-body": "body-too-large",
  "endless-body": "body-too-large",
  "compressed-bomb": "body-too-large",
  "long-header": "headers-too-large",
  "many-headers": "headers-too-large",
  "dripping-body": "timeout",
  "dripping-headers": "timeout",
  "dripping-status": "timeout",
};

const DRIP_EVERY_MS = 100;

const BOMB_MEMBERS = 40;

/** What a server does that knows no measure. */
export function planExcess(behaviour: ExcessBehaviour, site: Site): Plan {
  return {
    hosts: { own: healthyHost(site) },
    reply: () => replyOf(behaviour.how, site),
    truth: { kind: "unreachable", reason: REASONS[behaviour.how] },
  };
}

function replyOf(how: ExcessBehaviour["how"], site: Site): Reply {
  const document = documentResponse(site, "admin-both", 0);
  switch (how) {
    case "long-body":
      return respond({ status: 200, headers: JSON_HEADERS, body: new Uint8Array(MAX_BODY_BYTES + 1).fill(0x20) });
    case "endless-body":
      return { kind: "endless", chunk: new Uint8Array(16 * 1024).fill(0x20) };
    case "compressed-bomb":
      return respond({ status: 200, headers: [...JSON_HEADERS, ["content-encoding", "gzip"]], body: compressedBomb() });
    case "long-header":
      return respond({ ...document, headers: [...JSON_HEADERS, ["x-padding", "x".repeat(MAX_HEADER_BYTES + 1024)]] });
    case "many-headers":
      return respond({
        ...document,
        headers: [
          ...JSON_HEADERS,
          ...Array.from({ length: 600 }, (_, n): HeaderLine => [`x-padding-${n}`, "x".repeat(24)]),
        ],
      });
    case "dripping-body":
      return { kind: "drip", response: document, everyMs: DRIP_EVERY_MS };
    case "dripping-headers":
      return { kind: "drip-bytes", bytes: drippingHeaders(), everyMs: DRIP_EVERY_MS };
    case "dripping-status":
      return { kind: "drip-bytes", bytes: new TextEncoder().encode("HTTP/1.1 200 OK"), everyMs: DRIP_EVERY_MS * 4 };
  }
}

/** 40 MiB of spaces in some 40 KiB, well within any bound on what is read (RFC 1952 §2.2: members may follow each other). */
function compressedBomb(): Uint8Array {
  const member = gzipSync(Buffer.alloc(1024 * 1024, 0x20));
  return Buffer.concat(Array.from({ length: BOMB_MEMBERS }, () => member));
}

function drippingHeaders(): Uint8Array {
  const lines = Array.from({ length: 100 }, (_, n) => `x-drip-${n}: ${"x".repeat(20)}\r\n`);
  return new TextEncoder().encode(`HTTP/1.1 200 OK\r\n${lines.join("")}`);
}
