import type { Readable } from "node:stream";
import { err, type Hostname, ok, type Result } from "@switchboard/domain";
import { createDeadlineRuns } from "./deadline-runs.ts";
import { fetchDocument } from "./fetch-document.ts";
import type { FetchEnd } from "./fetch-end.ts";
import { createProbeNetwork, type NetworkOptions } from "./probe-network.ts";
import { describeUrl, type ReadFailure, readFailure, toReadFailure } from "./read-failure.ts";
import { createSourceDispatchers } from "./source-dispatchers.ts";
import { openResponse, type SourceResponse } from "./source-response.ts";

export type SourceRequest = {
  readonly url: URL;
  /**
   * Who chose the URL. `operator`: the person who runs this installation wrote it down, so it may be http, at any port
   * and at any address: an admin API listens on loopback or in a private network as a rule. `server`: some server's
   * answer named it, so it is held to what a probe is held to: https, a public address, no privileged port but 443.
   */
  readonly chosenBy: "operator" | "server";
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Sent with POST, as JSON. Without it the request is a GET. */
  readonly body?: unknown;
};

export type SourceReader = {
  /** One page of JSON, at most 8 MiB, within a minute. Rejects with the signal's reason where it is aborted. */
  readJson(request: SourceRequest, signal: AbortSignal): Promise<Result<unknown, ReadFailure>>;
  /**
   * The lines of a long answer as they come, in batches, at most 2 GiB in at most an hour; a line is at
   * most 1 MiB. A failure is the last item. Rejects as `readJson` does.
   */
  readLines(
    request: SourceRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Result<readonly string[], ReadFailure>, void, undefined>;
  /**
   * The `m.homeserver` base URL of a server's client API (client-server API, "Well-known URI"), as a probe reads a
   * document: redirects followed, addresses vetted, at most 64 KiB. Null where the server publishes none.
   */
  findClientUrl(hostname: Hostname, signal: AbortSignal): Promise<Result<URL | null, ReadFailure>>;
  close(): Promise<void>;
};

const CLIENT_PATH = "/.well-known/matrix/client";

const PAGE_MS = 60_000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

const STREAM_MS = 60 * 60_000;
const MAX_STREAM_BYTES = 2 * 1024 ** 3;
const MAX_LINE_CHARACTERS = 1024 * 1024;
const LINES_AT_ONCE = 1_000;

/**
 * Creates what reads lists of server names that others keep: a homeserver's admin API, room directories, observers. Their
 * answers are as hostile as any: bounded in size and time, their coding refused, no redirect followed (one that is
 * answered is a failure that names the place, and a token never goes anywhere but where it was meant for).
 */
export function createSourceReader(options: NetworkOptions): SourceReader {
  const { network, channels } = createProbeNetwork(options);
  const dispatchers = createSourceDispatchers(network, options);
  const runs = createDeadlineRuns(options.deadlineMs);

  function open(request: SourceRequest, signal: AbortSignal): Promise<Result<SourceResponse, ReadFailure>> {
    return openResponse({ network, dispatchers, userAgent: options.userAgent, clock: options.clock }, request, signal);
  }

  return {
    async readJson(request, signal) {
      const whole = AbortSignal.any([signal, AbortSignal.timeout(PAGE_MS)]);
      try {
        const opened = await open(request, whole);
        if (!opened.ok) return opened;
        const text = await readText(opened.value.body, MAX_PAGE_BYTES);
        if (text === null) return err(tooLarge(request.url, MAX_PAGE_BYTES));
        return parseJson(text, request.url);
      } catch (error) {
        signal.throwIfAborted();
        return err(toReadFailure(error, request.url));
      }
    },

    async *readLines(request, signal) {
      const whole = AbortSignal.any([signal, AbortSignal.timeout(STREAM_MS)]);
      try {
        const opened = await open(request, whole);
        if (!opened.ok) {
          yield opened;
          return;
        }
        yield* inBatches(opened.value.body, request.url);
      } catch (error) {
        signal.throwIfAborted();
        yield err(toReadFailure(error, request.url));
      }
    },

    async findClientUrl(hostname, signal) {
      const { end } = await runs.run(signal, (deadline) =>
        fetchDocument(network, { hostname, path: CLIENT_PATH, validator: null, deadline }),
      );
      if (end.kind !== "response") return err(toClientFailure(end, hostname));
      return end.status === 200 && end.body !== null ? readClientUrl(end.body, hostname) : ok(null);
    },

    async close() {
      await runs.close();
      await dispatchers.close();
      channels.close();
    },
  };
}

function toClientFailure(end: Exclude<FetchEnd, { kind: "response" }>, hostname: Hostname): ReadFailure {
  const detail = `https://${hostname}${CLIENT_PATH}: ${end.detail}`;
  return readFailure(end.kind === "declined" ? "forbidden-address" : "unreachable", detail);
}

function tooLarge(url: URL, maxBytes: number): ReadFailure {
  return readFailure("too-large", `${describeUrl(url)} answered with more than ${maxBytes / 1024 / 1024} MiB`);
}

function parseJson(text: string, url: URL): Result<unknown, ReadFailure> {
  try {
    return ok(JSON.parse(text));
  } catch {
    return err(readFailure("unreadable", `${describeUrl(url)} did not answer with JSON`));
  }
}

/** Null where there is more than `maxBytes`. Bytes that are no UTF-8 become U+FFFD. */
async function readText(body: Readable, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Splits into lines as they come. What is too much ends it; what came before is given first. */
async function* inBatches(
  body: Readable,
  url: URL,
): AsyncGenerator<Result<readonly string[], ReadFailure>, void, undefined> {
  const decoder = new TextDecoder();
  let lines: string[] = [];
  let rest = "";
  let size = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    if (lines.length >= LINES_AT_ONCE) {
      yield ok(lines);
      lines = [];
    }
    if (rest.length <= MAX_LINE_CHARACTERS && size <= MAX_STREAM_BYTES) continue;
    if (lines.length > 0) yield ok(lines);
    yield err(
      size > MAX_STREAM_BYTES
        ? tooLarge(url, MAX_STREAM_BYTES)
        : readFailure(
            "too-large",
            `${describeUrl(url)} answered with a line of more than ${MAX_LINE_CHARACTERS} characters`,
          ),
    );
    return;
  }
  if (rest !== "") lines.push(rest);
  if (lines.length > 0) yield ok(lines);
}

/** The base URL without a slash at its end. Whatever else the document says is another client's matter. */
function readClientUrl(body: Uint8Array, hostname: Hostname): Result<URL | null, ReadFailure> {
  const place = `https://${hostname}${CLIENT_PATH}`;
  const read = clientDocument(body);
  const text = read?.["m.homeserver"]?.base_url;
  const url = typeof text === "string" ? URL.parse(text) : null;
  if (url === null || url.username !== "" || url.password !== "") {
    return err(readFailure("unreadable", `${place} has no "base_url" of "m.homeserver" that is a URL`));
  }
  return ok(url);
}

function clientDocument(body: Uint8Array): { "m.homeserver"?: { base_url?: unknown } } | null {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    return null;
  }
}
