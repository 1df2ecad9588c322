import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Registry } from "@switchboard/metrics";
import type { Logger } from "@switchboard/runtime";

export type MetricsServer = { readonly port: number; close(): Promise<void> };

/** Loopback only: a worker serves nobody but the Prometheus of its own machine. */
const HOST = "127.0.0.1";

/** Serves `registry` at `/metrics`, on a free port for 0. Rejects where the port cannot be listened on. */
export async function serveMetrics({
  registry,
  port,
  log,
}: {
  readonly registry: Registry;
  readonly port: number;
  readonly log: Logger;
}): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    if (request.url !== "/metrics") return void response.writeHead(404).end();
    if (request.method !== "GET" && request.method !== "HEAD") {
      return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    }
    try {
      const text = await registry.metrics();
      response.writeHead(200, { "content-type": registry.contentType }).end(text);
    } catch (error) {
      log.error({ err: error }, "the metrics could not be served");
      response.writeHead(500).end();
    }
  });
  server.listen(port, HOST);
  await once(server, "listening");
  return {
    port: portOf(server),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not listening on a port");
  return address.port;
}
