import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { parseServerName } from "@switchboard/domain";
import { EVERY_BEHAVIOUR } from "./behaviour.ts";
import type { FederationSettings } from "./federation.ts";
import { parseBehaviour } from "./parse-behaviour.ts";
import type { ServerRegistry } from "./server-registry.ts";
import type { AddressLoad } from "./web-server.ts";

export type ControlServer = { readonly url: string; readonly stop: () => Promise<void> };

export type Controlled = {
  readonly settings: FederationSettings;
  readonly registry: ServerRegistry;
  readonly loads: () => AddressLoad[];
};

type Answer = { readonly status: number; readonly body: unknown };

const MAX_BODY_BYTES = 1024 * 1024;

/**
 * Serves the federation's control, plain HTTP on 127.0.0.1 (port 0 picks one), JSON in and out:
 *
 * | request | does |
 * |---|---|
 * | `GET /federation` | what leads a crawl here: `{dnsServer, wellKnownPort, caFile, allowNetworks, namesFile}`; no two federations have one CA file |
 * | `GET /servers` | every server: `{serverName, hostname, address, behaviour, truth}` |
 * | `GET /servers/{name}` | that server |
 * | `PUT /servers/{name}` | the body is the server's behaviour from now on; a new name is added |
 * | `DELETE /servers/{name}` | takes the server away: its name no longer exists |
 * | `GET /requests?name=` | how often that server was asked: `{dnsQueries, connections, requests, conditional}` |
 * | `GET /addresses` | how busy each address is and was: `{address, open, peak, total, busiestSecond}` |
 * | `GET /behaviours` | every behaviour there is |
 *
 * A request that cannot be understood gets 400 and `{error}`. Throws where the port is taken.
 */
export async function startControlServer(controlled: Controlled, port: number): Promise<ControlServer> {
  const server = createServer((request, response) => {
    answerControl(controlled, request).then(
      (answer) => writeAnswer(response, answer),
      () => response.destroy(),
    );
  });
  server.listen({ host: "127.0.0.1", port });
  await once(server, "listening");
  const bound = server.address();
  return {
    url: `http://127.0.0.1:${typeof bound === "object" && bound !== null ? bound.port : port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function answerControl({ settings, registry, loads }: Controlled, request: IncomingMessage): Promise<Answer> {
  const url = URL.parse(request.url ?? "/", "http://127.0.0.1");
  const [, collection, ...rest] = url?.pathname.split("/") ?? [];
  const name = decodeName(rest.join("/"));
  const operation = `${request.method} /${collection}${rest.length > 0 ? "/{name}" : ""}`;
  switch (operation) {
    case "GET /federation":
      return { status: 200, body: settings };
    case "GET /servers":
      return { status: 200, body: registry.list() };
    case "GET /behaviours":
      return { status: 200, body: EVERY_BEHAVIOUR };
    case "GET /addresses":
      return { status: 200, body: loads() };
    case "GET /requests":
      return onServer(registry, url?.searchParams.get("name") ?? "", (known) => registry.count(known));
    case "GET /servers/{name}":
      return onServer(registry, name, (known) => registry.find(known));
    case "DELETE /servers/{name}":
      return onServer(registry, name, (known) => ({ removed: registry.remove(known) }));
    case "PUT /servers/{name}":
      return putServer(registry, name, await readBody(request));
    default:
      return { status: 404, body: { error: `no such operation: ${operation}` } };
  }
}

function decodeName(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function onServer(registry: ServerRegistry, name: string, read: (known: string) => unknown): Answer {
  const parsed = parseServerName(name);
  if (!parsed.ok) return { status: 400, body: { error: parsed.error.message } };
  if (registry.find(name) === null) return { status: 404, body: { error: `there is no server ${name}` } };
  return { status: 200, body: read(name) };
}

function putServer(registry: ServerRegistry, serverName: string, body: string | null): Answer {
  const parsed = parseServerName(serverName);
  if (!parsed.ok) return { status: 400, body: { error: parsed.error.message } };
  if (body === null) return { status: 413, body: { error: `a behaviour has at most ${MAX_BODY_BYTES} bytes` } };
  const behaviour = parseBehaviour(parseJson(body));
  if (!behaviour.ok) return { status: 400, body: { error: behaviour.error } };
  registry.put({ serverName, behaviour: behaviour.value });
  return { status: 200, body: registry.find(serverName) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The body as text; null where it is longer than anything meant seriously. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return length <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString() : null;
}

function writeAnswer(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
