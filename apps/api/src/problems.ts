import {
  PROBLEM_CONTENT_TYPE,
  PROBLEMS,
  type ProblemDetail,
  type ProblemOccurrence,
  type ProblemSlug,
  problemSchema,
  toProblem,
} from "@switchboard/contract";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { RequestProblem } from "./request-problem.ts";
import { describeValue, type RequestPart, toValidationProblem } from "./validation-problem.ts";

/** What every route may answer instead: given to the serializer, so that a problem is filtered like any other body. */
export const problemResponses = {
  "4xx": { description: "A problem of the request", content: { [PROBLEM_CONTENT_TYPE]: { schema: problemSchema } } },
  "5xx": { description: "A problem of ours", content: { [PROBLEM_CONTENT_TYPE]: { schema: problemSchema } } },
};

/** Fastify's own refusals, by their code. */
const FRAMEWORK_PROBLEMS: Readonly<Record<string, (request: FastifyRequest) => ProblemOccurrence>> = {
  FST_ERR_BAD_URL: () =>
    oneFault("malformed-url", {
      field: "path",
      value: null,
      detail: "is not percent-encoded UTF-8",
      fix: "Write % as %25, and other bytes as %XX.",
    }),
  FST_ERR_MAX_PARAM_LENGTH: () =>
    oneFault("url-too-long", {
      field: "path",
      value: null,
      detail: "is longer than any name or entity",
      fix: "Send one name or entity at a time.",
    }),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ({ headers }) =>
    oneFault("unsupported-media-type", {
      field: "content-type",
      value: describeValue(headers["content-type"]),
      detail: "is not read here",
      fix: "Send a JSON object as application/json.",
    }),
  FST_ERR_CTP_EMPTY_JSON_BODY: () =>
    oneFault("malformed-body", {
      field: "body",
      value: null,
      detail: "is empty",
      fix: "Send a JSON object; /docs shows its members.",
    }),
  FST_ERR_CTP_BODY_TOO_LARGE: ({ headers, routeOptions }) => {
    const length = headers["content-length"];
    return oneFault("body-too-large", {
      field: "body",
      value: length === undefined ? null : `${length} bytes`,
      detail: `has more than the ${routeOptions.bodyLimit} bytes that are read here`,
      fix: "Send less at a time.",
    });
  },
};

/** Makes every failure of this app, its 404s included, a problem (RFC 9457). Unexpected ones are logged once, by their id. */
export function registerProblems(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((_request, reply) =>
    answerProblem(reply, {
      slug: "unknown-resource",
      detail: "Nothing is served at this path. /docs lists what is.",
    }),
  );
}

/** Answers what a thrown value means: a row of the table where there is one, else an opaque internal error. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const occurrence = toOccurrence(error, request);
  if (occurrence !== null) return answerProblem(reply, occurrence);
  const line = { reqId: request.id, route: request.routeOptions.url };
  request.log.error({ ...line, err: withoutLookedUp(error, request) }, "request failed");
  return answerProblem(reply, {
    slug: "internal-error",
    detail: "It was logged under this instance's id. Try again later, and tell the operator the id if it stays.",
  });
}

/** Sends one occurrence of a problem. */
function answerProblem(reply: FastifyReply, occurrence: ProblemOccurrence): FastifyReply {
  const { retryAfterSeconds } = occurrence;
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  if (occurrence.slug === "key-refused") reply.header("www-authenticate", 'Bearer realm="switchboard"');
  return reply
    .code(PROBLEMS[occurrence.slug].status)
    .header("cache-control", "no-store")
    .type(PROBLEM_CONTENT_TYPE)
    .serializer((body: unknown) => JSON.stringify(problemSchema.parse(body)))
    .send(toProblem(occurrence, `urn:uuid:${reply.request.id}`));
}

function toOccurrence(error: FastifyError, request: FastifyRequest): ProblemOccurrence | null {
  if (error instanceof RequestProblem) return error.occurrence;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const part: RequestPart = error.validationContext === undefined ? "body" : toPart(error.validationContext);
    return toValidationProblem(error.validation, part, inputOf(request, part), knownFieldsOf(request, part));
  }
  const known = FRAMEWORK_PROBLEMS[error.code];
  if (known !== undefined) return known(request);
  // What is left of the framework's 4xx are bodies that cannot be read: their messages quote no input.
  const { statusCode } = error;
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return null;
  return oneFault("malformed-body", {
    field: "body",
    value: null,
    detail: "is not readable as JSON",
    fix: "Send one JSON object (RFC 8259) in UTF-8, without a member __proto__.",
  });
}

function oneFault(slug: ProblemSlug, fault: ProblemDetail): ProblemOccurrence {
  return { slug, detail: `${fault.field}: ${fault.detail}. ${fault.fix}`, errors: [fault] };
}

function toPart(context: string): RequestPart {
  return z.enum(["params", "querystring", "body", "headers"]).catch("body").parse(context);
}

function inputOf(request: FastifyRequest, part: RequestPart): unknown {
  return part === "querystring" ? request.query : request[part];
}

function knownFieldsOf(request: FastifyRequest, part: RequestPart): readonly string[] {
  const schema = request.routeOptions.schema?.[part];
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/**
 * Where people look something up, an error's text may repeat it (a database names the value it could not take): what is
 * logged then is where it happened, not what it said.
 */
function withoutLookedUp(error: Error, request: FastifyRequest): Error {
  if (request.routeOptions.config.lookUp !== true) return error;
  const silent = new Error(`${error.name} in a look-up (its text is not logged)`);
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  silent.stack = [silent.message, ...frames].join("\n");
  return silent;
}
