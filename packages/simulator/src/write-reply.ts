import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { HttpResponse, Reply } from "./plan.ts";

/** Where a reply goes: the HTTP response, and the TCP connection below TLS for those that break it. */
export type ReplyTarget = { readonly response: ServerResponse; readonly connection: Socket };

/** Writes a reply. Returns at once; what takes time goes on until the client or the federation closes the connection. */
export function writeReply(reply: Reply, target: ReplyTarget): void {
  const { response, connection } = target;
  switch (reply.kind) {
    case "response":
      writeHead(response, reply.response).end(reply.response.body);
      return;
    case "delayed":
      later(connection, reply.afterMs, () => writeHead(response, reply.response).end(reply.response.body));
      return;
    case "drip":
      writeHead(response, reply.response).flushHeaders();
      dripBytes(reply.response.body, connection, { everyMs: reply.everyMs, write: (byte) => response.write(byte) });
      return;
    case "drip-bytes":
      dripBytes(reply.bytes, connection, { everyMs: reply.everyMs, write: (byte) => response.socket?.write(byte) });
      return;
    case "endless":
      response.writeHead(200, { "content-type": "application/json" });
      pourEndlessly(response, reply.chunk);
      return;
    case "silence":
      return;
    case "reset":
      if (reply.begun === null) connection.resetAndDestroy();
      else beginBody(response, reply.begun, () => connection.resetAndDestroy());
      return;
    case "cut-off":
      beginBody(response, reply.begun, () => response.socket?.end());
      return;
    case "raw":
      response.socket?.end(reply.bytes);
      return;
  }
}

function writeHead(response: ServerResponse, { status, headers, body }: HttpResponse): ServerResponse {
  const length = status === 204 || status === 304 ? [] : ["content-length", String(body.length)];
  return response.writeHead(status, [...headers.flat(), ...length]);
}

/** Announces the whole body, sends half of it, and lets it arrive before the end comes. */
function beginBody(response: ServerResponse, begun: HttpResponse, end: () => void): void {
  const half = begun.body.subarray(0, Math.ceil(begun.body.length / 2));
  writeHead(response, begun).write(half, () => setTimeout(end, 20));
}

/** Writes a byte at a time, from the start again after the last; HTTP's own framing bounds a body, so the last byte is never reached. */
function dripBytes(
  bytes: Uint8Array,
  connection: Socket,
  options: { everyMs: number; write: (byte: Uint8Array) => unknown },
): void {
  let at = 0;
  const timer = setInterval(() => {
    options.write(bytes.subarray(at, at + 1));
    at = (at + 1) % bytes.length;
  }, options.everyMs);
  connection.once("close", () => clearInterval(timer));
}

function pourEndlessly(response: ServerResponse, chunk: Uint8Array): void {
  const pour = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", pour);
  pour();
}

function later(connection: Socket, afterMs: number, act: () => void): void {
  const timer = setTimeout(act, afterMs);
  connection.once("close", () => clearTimeout(timer));
}
