import { createBullBoard } from "@bull-board/api";
import type { BaseAdapter } from "@bull-board/api/baseAdapter";
import { FastifyAdapter } from "@bull-board/fastify";
import type { Registry } from "@switchboard/metrics";
import type { Logger } from "@switchboard/runtime";
import fastify, { type FastifyInstance } from "fastify";

export type PrivateServer = { readonly port: number; close(): Promise<void> };

/** Loopback only: a worker serves nobody but its own machine. */
const HOST = "127.0.0.1";
const QUEUES_PATH = "/queues";
const READING = ["GET", "HEAD"];

/** The board's page would load fonts from somebody else's server, and so tell who operates a crawler. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "base-uri 'self'",
  "frame-ancestors 'none'",
].join(";");

/**
 * Serves the worker's operator, and changes nothing: `registry` at `/metrics`, and a board of the queue at `/queues`. On a
 * free port for 0. Rejects where the port cannot be listened on.
 */
export async function servePrivately(options: {
  readonly registry: Registry;
  /** The queue as the board reads it. */
  readonly queue: BaseAdapter;
  readonly port: number;
  readonly log: Logger;
}): Promise<PrivateServer> {
  const { registry, queue, port, log } = options;
  const app = fastify({ forceCloseConnections: true });
  refuseWriting(app);
  app.setErrorHandler(async (error, _request, reply) => {
    log.error({ err: error }, "a request of this worker's operator could not be answered");
    return reply.code(500).send();
  });
  app.get("/metrics", async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()));
  await registerBoard(app, queue);
  await app.listen({ host: HOST, port });
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("the private server has no port");
  return { port: address.port, close: () => app.close() };
}

/** Whatever the board could be made to do: nothing here changes a queue. */
function refuseWriting(app: FastifyInstance): void {
  app.addHook("onRequest", async ({ method }, reply) => {
    if (!READING.includes(method)) return reply.code(405).header("allow", READING.join(", ")).send();
  });
}

async function registerBoard(app: FastifyInstance, queue: BaseAdapter): Promise<void> {
  const server = new FastifyAdapter().setBasePath(QUEUES_PATH);
  createBullBoard({
    queues: [queue],
    serverAdapter: server,
    options: { uiConfig: { boardTitle: "Switchboard", hideDocsLink: true } },
  });
  await app.register(
    async (board) => {
      board.addHook("onRequest", (_request, reply, done) => {
        reply.header("content-security-policy", CONTENT_SECURITY_POLICY).header("referrer-policy", "no-referrer");
        done();
      });
      await board.register(server.registerPlugin());
    },
    { prefix: QUEUES_PATH },
  );
}
