import { z } from "zod";

/**
 * Every error told to an API client, one row each (RFC 9457). The slug is stable: it ends the problem's `type`, which is
 * a page of this very server (`/problems/{slug}`).
 */
export const PROBLEMS = {
  "invalid-request": { status: 400, title: "A part of the request is not understood" },
  "malformed-body": { status: 400, title: "The body is not readable as its content type says" },
  "malformed-url": { status: 400, title: "The address is not readable" },
  "malformed-http": { status: 400, title: "The request is no HTTP that we can read" },
  "invalid-cursor": { status: 400, title: "The cursor is not one of ours" },
  "key-refused": { status: 401, title: "The API key is not accepted" },
  "unknown-resource": { status: 404, title: "There is nothing at this address" },
  "unknown-server-name": { status: 404, title: "The directory does not know this server name" },
  "unknown-revision": { status: 404, title: "There is no such revision" },
  "method-not-allowed": { status: 405, title: "This address does not take that method" },
  "not-acceptable": { status: 406, title: "There is no such representation" },
  "request-timeout": { status: 408, title: "The request did not arrive in time" },
  "opted-out": { status: 410, title: "The operator asked not to be listed" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "url-too-long": { status: 414, title: "The address is too long" },
  "unsupported-media-type": { status: 415, title: "The content type is not one we read" },
  "cooling-off": { status: 429, title: "This server was asked about a moment ago" },
  "rate-limited": { status: 429, title: "Too many requests" },
  "headers-too-large": { status: 431, title: "The request's headers are too large" },
  "internal-error": { status: 500, title: "Something failed on our side" },
  "not-ready": { status: 503, title: "Not ready to answer yet" },
  "canary-late": { status: 503, title: "What changes in the federation does not arrive in the feed in time" },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemSlug = keyof typeof PROBLEMS;

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** One part of the request that is wrong: where, the value, and how to put it right. */
const problemDetailSchema = z
  .object({
    field: z.string().meta({ description: "The parameter, header or member of the body." }),
    pointer: z.string().optional().meta({ description: "JSON pointer (RFC 6901) into the body." }),
    value: z.string().nullable().meta({ description: "What was given, cut; null where nothing was." }),
    detail: z.string(),
    fix: z.string(),
  })
  .meta({ id: "ProblemDetail" });
export type ProblemDetail = z.infer<typeof problemDetailSchema>;

export const problemSchema = z
  .object({
    type: z.string().meta({ examples: ["/problems/unknown-server-name"] }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().meta({ description: "urn:uuid of this very occurrence; it is in our log." }),
    errors: z.array(problemDetailSchema).optional(),
    retryAfterSeconds: z.number().int().optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
export type ProblemBody = z.infer<typeof problemSchema>;

export const problemTypeSchema = z
  .object({ type: z.string(), title: z.string(), status: z.number().int() })
  .meta({ id: "ProblemType" });

/** What one occurrence adds to its row of the table. */
export type ProblemOccurrence = {
  readonly slug: ProblemSlug;
  readonly detail: string;
  readonly errors?: readonly ProblemDetail[];
  readonly retryAfterSeconds?: number;
};

/** The body of one occurrence of a problem. `instance` is a URN that finds it in our log. */
export function toProblem(occurrence: ProblemOccurrence, instance: string): ProblemBody {
  const { slug, detail, errors, retryAfterSeconds } = occurrence;
  const { status, title } = PROBLEMS[slug];
  return {
    type: toProblemType(slug),
    title,
    status,
    detail,
    instance,
    ...(errors === undefined ? {} : { errors: [...errors] }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  };
}

/** The problem's `type`: a path on this server, as RFC 9457 §3.1.1 wants relative references to be (full path). */
export function toProblemType(slug: ProblemSlug): string {
  return `/problems/${slug}`;
}

/** Whether a text names a row of the table. */
export function isProblemSlug(text: string): text is ProblemSlug {
  return Object.hasOwn(PROBLEMS, text);
}
