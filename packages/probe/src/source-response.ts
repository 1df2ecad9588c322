import type { Readable } from "node:stream";
import { DAY_MS, err, type Instant, ok, parseRetryAfter, type Result } from "@switchboard/domain";
import type { Dispatcher } from "undici";
import { describeUrl, type ReadFailure, readFailure } from "./read-failure.ts";
import { isForbiddenPort, portOfUrl } from "./redirect.ts";
import type { ProbeNetwork } from "./requester.ts";
import type { SourceDispatchers } from "./source-dispatchers.ts";
import type { SourceRequest } from "./source-reader.ts";
import { literalOf } from "./url-host.ts";

/** The body of a 200, still to be read. */
export type SourceResponse = { readonly body: Readable };

/** An answer that is none tells its reason in a few lines. */
const MAX_PROBLEM_BYTES = 4_096;
const MAX_PROBLEM_CHARACTERS = 200;

/** Requests a URL and answers with the body of a 200. Rejects where there is no answer. */
export async function openResponse(
  {
    network,
    dispatchers,
    userAgent,
    clock,
  }: {
    readonly network: Pick<ProbeNetwork, "vet" | "wellKnownPort">;
    readonly dispatchers: SourceDispatchers;
    readonly userAgent: string;
    readonly clock: () => Instant;
  },
  { url, chosenBy, token, body }: SourceRequest,
  signal: AbortSignal,
): Promise<Result<SourceResponse, ReadFailure>> {
  const refusal = chosenBy === "operator" ? findForeignScheme(url) : findForbidden(url, network);
  if (refusal !== null) return err(refusal);
  const response = await dispatchers[chosenBy].request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: body === undefined ? "GET" : "POST",
    headers: {
      accept: "application/json",
      "accept-encoding": "identity",
      "user-agent": userAgent,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  // A body that is not read on fails with what cut it short, which concerns nobody but, unheard, would end the process.
  response.body.on("error", () => {});
  if (response.statusCode !== 200) return err(await describeProblem(response, { url, token, now: clock() }));
  const coding = response.headers["content-encoding"] ?? "identity";
  if (coding === "identity") return ok({ body: response.body });
  response.body.destroy();
  return err(readFailure("unreadable", `${describeUrl(url)} answered in a coding that was not asked for: ${coding}`));
}

function findForeignScheme(url: URL): ReadFailure | null {
  if (url.protocol === "https:" || url.protocol === "http:") return null;
  return readFailure("unreadable", `${url.protocol} is no scheme to read a source with`);
}

function findForbidden(url: URL, { vet, wellKnownPort }: Pick<ProbeNetwork, "vet" | "wellKnownPort">) {
  const place = describeUrl(url);
  if (url.protocol !== "https:") return readFailure("forbidden-address", `${place} is not https`);
  if (isForbiddenPort(portOfUrl(url), wellKnownPort)) {
    return readFailure("forbidden-address", `${place} is at a port that is not ours to connect to`);
  }
  const literal = literalOf(url.hostname);
  if (literal === null || vet(literal) !== null) return null;
  return readFailure("forbidden-address", `${place} is at no public address`);
}

async function describeProblem(
  response: Dispatcher.ResponseData,
  { url, token, now }: { readonly url: URL; readonly token: string | undefined; readonly now: Instant },
): Promise<ReadFailure> {
  const { statusCode: status, headers } = response;
  const place = describeUrl(url);
  // A server may repeat what it was asked with.
  const hide = (text: string) => (token === undefined ? text : text.replaceAll(token, "[the token]"));
  if (status >= 300 && status < 400) {
    response.body.destroy();
    const target = URL.parse(String(headers["location"] ?? ""), url);
    const where = target === null ? "elsewhere" : `to ${hide(describeUrl(target))}`;
    return readFailure("redirect", `${place} redirects ${where}, which is not followed`, { status });
  }
  const problem = await readProblem(response);
  const says = problem.text === "" ? "" : `: ${hide(problem.text).slice(0, MAX_PROBLEM_CHARACTERS)}`;
  const retryAfterMs = readRetryAfter(headers["retry-after"], now) ?? problem.retryAfterMs;
  return readFailure("status", `${place} answered ${status}${says}`, { status, retryAfterMs });
}

/** A Matrix error (client-server API, "Standard error response") as far as it is one. */
async function readProblem({ body }: Dispatcher.ResponseData) {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size >= MAX_PROBLEM_BYTES) break;
  }
  const problem = parseObject(Buffer.concat(chunks).toString("utf8"));
  const parts = [problem["errcode"], problem["error"]].filter((part) => typeof part === "string");
  const wait = problem["retry_after_ms"];
  return {
    text: parts.join(" "),
    retryAfterMs: typeof wait === "number" ? toWait(wait) : null,
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function readRetryAfter(value: string | string[] | undefined, now: Instant): number | null {
  const ms = typeof value === "string" ? parseRetryAfter(value, now) : null;
  return ms === null ? null : toWait(ms);
}

function toWait(ms: number): number | null {
  return Number.isFinite(ms) ? Math.round(Math.min(DAY_MS, Math.max(0, ms))) : null;
}
