import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { PROBLEM_CONTENT_TYPE, PROBLEMS, type ProblemOccurrence, toProblem } from "@switchboard/contract";

const PARSER_PROBLEMS: Readonly<Record<string, ProblemOccurrence>> = {
  HPE_HEADER_OVERFLOW: {
    slug: "headers-too-large",
    detail: "The request line and headers have at most 16 KiB: send long lists of entities as a batch.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: { slug: "request-timeout", detail: "The request was not complete in time." },
};

/** Answers what Node's parser could not read, before there is a request to route. */
export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  // Reset by the other side, or already answered: there is nobody to tell.
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const occurrence = PARSER_PROBLEMS[error.code ?? ""] ?? {
    slug: "malformed-http" as const,
    detail: "The bytes received are no HTTP/1.1 request.",
  };
  const body = JSON.stringify(toProblem(occurrence, `urn:uuid:${randomUUID()}`));
  const { status, title } = PROBLEMS[occurrence.slug];
  const head = [
    `HTTP/1.1 ${status} ${title}`,
    `Content-Type: ${PROBLEM_CONTENT_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
