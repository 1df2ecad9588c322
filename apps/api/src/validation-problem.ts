import type { ProblemDetail, ProblemOccurrence } from "@switchboard/contract";
import { z } from "zod";

const SHOWN_CHARACTERS = 100;
/** A batch with a thousand wrong items needs no thousand explanations. */
const MAX_DETAILS = 20;

/** Where in a request the schema found fault. */
export type RequestPart = "params" | "querystring" | "body" | "headers";

/** A fault as the validator tells it: zod's issue, with its path as a JSON pointer. */
const issueSchema = z.object({
  keyword: z.string(),
  instancePath: z.string(),
  message: z.string().optional(),
  params: z.record(z.string(), z.unknown()),
});

/** Our own checks say how to put it right (`refuse` in the contract). */
const fixSchema = z.object({ params: z.object({ fix: z.string() }) });

/**
 * The problem of a request that does not fit its schema: every faulty field with its value and the fix.
 * `input` is that part of the request as received.
 */
export function toValidationProblem(
  validation: readonly unknown[],
  part: RequestPart,
  input: unknown,
  knownFields: readonly string[],
): ProblemOccurrence {
  const errors = validation
    .slice(0, MAX_DETAILS)
    .flatMap((issue) => toDetails(issueSchema.parse(issue), part, input, knownFields));
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const detail = first === undefined ? "The request does not fit." : `${first.field}: ${first.detail}${more}.`;
  return { slug: "invalid-request", detail, errors };
}

/** What was given, cut; anything that is no plain value is named by its kind, since it may be of any depth. */
export function describeValue(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "string") return cut(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "[an array]" : "[an object]";
}

function cut(text: string): string {
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}

function toDetails(
  issue: z.infer<typeof issueSchema>,
  part: RequestPart,
  input: unknown,
  knownFields: readonly string[],
): ProblemDetail[] {
  const steps = issue.instancePath.split("/").filter((step) => step !== "");
  const pointer = part === "body" ? { pointer: `#${steps.map((step) => `/${step}`).join("")}` } : {};
  if (issue.keyword === "unrecognized_keys") {
    return z
      .array(z.string())
      .parse(issue.params["keys"])
      .slice(0, MAX_DETAILS)
      .map((key) => ({
        field: cut(key),
        ...pointer,
        value: describeValue(valueAt(input, [key])),
        detail: part === "body" ? "is no member of this body" : "is no parameter of this address",
        fix: knownFields.length === 0 ? "Leave it out; none is taken here." : `Known are: ${knownFields.join(", ")}.`,
      }));
  }
  const value = valueAt(input, steps);
  const { detail, fix } = explain(issue, value, part);
  return [
    {
      field: steps.join(".") || (part === "body" ? "body" : part),
      ...pointer,
      value: describeValue(value),
      detail,
      fix,
    },
  ];
}

function explain(
  { keyword, message, params }: z.infer<typeof issueSchema>,
  value: unknown,
  part: RequestPart,
): { detail: string; fix: string } {
  switch (keyword) {
    case "custom":
      return { detail: message ?? "is not understood", fix: fixSchema.parse(params).params.fix };
    case "invalid_value": {
      const allowed = z.array(z.unknown()).parse(params["values"]).join(", ");
      return { detail: "is none of the values that are known", fix: `Use one of: ${allowed}.` };
    }
    case "too_big":
      return {
        detail: `is too long: at most ${params["maximum"]} ${unitOf(params["origin"])}`,
        fix: `Send at most ${params["maximum"]} ${unitOf(params["origin"])} at a time.`,
      };
    case "too_small":
      return {
        detail: "is empty",
        fix: `Give at least ${params["minimum"]} ${params["origin"] === "string" ? "character" : "item"}.`,
      };
    case "invalid_type":
      if (value === undefined || value === null)
        return { detail: "is missing", fix: `Give ${withArticle(params["expected"])}.` };
      return part === "querystring" && Array.isArray(value)
        ? { detail: "is given more than once", fix: "Give it once." }
        : { detail: `is no ${params["expected"]}`, fix: `Give ${withArticle(params["expected"])}.` };
    default:
      return { detail: message ?? "is not understood", fix: "See /docs for what is taken here." };
  }
}

function withArticle(noun: unknown): string {
  return /^[aeiou]/.test(String(noun)) ? `an ${noun}` : `a ${noun}`;
}

function unitOf(origin: unknown): string {
  return origin === "string" ? "characters" : "items";
}

function valueAt(input: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string, unknown>)[step]
        : undefined,
    input,
  );
}
