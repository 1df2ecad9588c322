import "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** People look something up here: what it is, is never logged, and the answer is for them alone. */
    lookUp?: boolean;
    /** Which quotas a request counts against; `default` where not given, none for the probes of an operator. */
    quota?: "none" | "writes";
  }
}
