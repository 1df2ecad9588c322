import { randomUUID } from "node:crypto";
import cors from "@fastify/cors";
import { MAX_BODY_BYTES } from "@switchboard/contract";
import type { FederationReach, Instant, ServerName } from "@switchboard/domain";
import type { Registry } from "@switchboard/metrics";
import type { Store } from "@switchboard/store";
import fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { watchMethods } from "./allowed-methods.ts";
import { refuseCodedBodies } from "./coded-bodies.ts";
import { type CrawlerFacts, toCrawlerPage } from "./crawler-page.ts";
import { registerEntityTags } from "./entity-tag.ts";
import { registerMetrics } from "./metrics.ts";
import { registerOpenApi } from "./openapi.ts";
import { answerError, registerProblems } from "./problems.ts";
import { type Quotas, registerQuotas } from "./quotas.ts";
import { RequestLog } from "./request-log.ts";
import "./route-config.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { buildCanaryRoutes } from "./routes/canary.ts";
import { buildChangeRoutes } from "./routes/changes.ts";
import { buildContactRouteRoutes } from "./routes/contact-routes.ts";
import { buildContactRoutes } from "./routes/contacts.ts";
import { buildExportRoutes } from "./routes/export.ts";
import { buildLintRoutes } from "./routes/lint.ts";
import { buildOperationRoutes } from "./routes/operation.ts";
import { buildPageRoutes } from "./routes/pages.ts";
import { buildRevisionRoutes } from "./routes/revisions.ts";
import { buildServerRoutes } from "./routes/servers.ts";
import { buildSoftwareRoutes } from "./routes/software.ts";
import { buildSpanRoutes } from "./routes/spans.ts";
import { buildStatsRoutes } from "./routes/stats.ts";
import { registerSecurityHeaders } from "./security-headers.ts";

export type AppOptions = {
  readonly store: Store;
  readonly clock: () => Instant;
  readonly log: FastifyBaseLogger;
  /** What `/metrics` shows. */
  readonly registry: Registry;
  /** Where people reach this server, without a slash at its end. */
  readonly publicUrl: string;
  /** The folder of the page at `/`. */
  readonly webRoot: string;
  /** What the page about the crawler says of it. */
  readonly crawler: CrawlerFacts;
  readonly quotas: Quotas;
  /** How long a server is left alone after a probe before it can be asked for again. */
  readonly cooloffMs: number;
  /** Whose servers are looked for: submitted names are judged by it. */
  readonly reach: FederationReach;
  /** The name that this api serves a support document for, to see its changes arrive; null: none. */
  readonly canary: ServerName | null;
};

/** The default quotas: generous to bots that batch, a wall to those that loop. */
export const QUOTAS: Quotas = {
  default: { requests: 6_000, windowMs: 60_000 },
  writes: { requests: 600, windowMs: 60_000 },
};

/** A minute longer than the shortest interval in which a document could sensibly be corrected and looked at again. */
export const COOLOFF_MS = 5 * 60_000;

const REQUEST_TIMEOUT_MS = 30_000;
/** Longer than any entity, percent-encoded; Node bounds the whole request line to 16 KiB. */
const MAX_PARAMETER_CHARACTERS = 8_192;

/** Builds the API and its pages. It is ready to listen, or to be asked through `inject`. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { store, clock, log, publicUrl } = options;
  const app = fastify({
    loggerInstance: log,
    logController: new RequestLog(log),
    // A logger of each request's own would cost 4 % of it: what is logged about a request names it instead.
    childLoggerFactory: (logger) => logger,
    genReqId: () => randomUUID(),
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A proxy on this machine may say for whom it asks; anybody else may not.
    trustProxy: "loopback",
    routerOptions: { maxParamLength: MAX_PARAMETER_CHARACTERS, ignoreTrailingSlash: true },
    frameworkErrors: answerError,
    clientErrorHandler: refuseConnection,
  });
  // Bodies are JSON, or what the route says: a text for one would be told that it is no object.
  app.removeContentTypeParser("text/plain");
  refuseCodedBodies(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const refuseOtherMethods = watchMethods(app);
  registerProblems(app);
  registerSecurityHeaders(app);
  await app.register(cors, {
    origin: "*",
    methods: ["GET", "HEAD", "POST"],
    strictPreflight: false,
    exposedHeaders: ["ETag", "Location", "RateLimit", "RateLimit-Policy", "Retry-After"],
  });
  await registerQuotas(app, options.quotas);
  registerMetrics(app, options.registry);
  await registerOpenApi(app, publicUrl);

  await app.register(buildOperationRoutes({ store, clock, canary: options.canary }));
  if (options.canary !== null) await app.register(buildCanaryRoutes({ name: options.canary, clock, publicUrl }));
  await app.register(
    async (directory) => {
      registerEntityTags(directory);
      await directory.register(buildServerRoutes({ store, clock, cooloffMs: options.cooloffMs, reach: options.reach }));
      await directory.register(buildRevisionRoutes({ store }));
      await directory.register(buildSpanRoutes({ store }));
      await directory.register(buildSoftwareRoutes({ store }));
      await directory.register(buildChangeRoutes({ store }));
      await directory.register(buildContactRoutes({ store }));
      await directory.register(buildContactRouteRoutes({ store, clock }));
      await directory.register(buildLintRoutes());
      await directory.register(buildStatsRoutes({ store }));
      await directory.register(buildExportRoutes({ store, clock }));
    },
    { prefix: "/v1" },
  );
  const crawlerPage = toCrawlerPage({ ...options.crawler, publicUrl, cooloffMs: options.cooloffMs });
  await app.register(buildPageRoutes({ store, clock, webRoot: options.webRoot, crawlerPage }));
  refuseOtherMethods();
  return app;
}
