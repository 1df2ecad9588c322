import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from "node:zlib";
import { err, MAX_BODY_BYTES, ok, type Result } from "@switchboard/domain";
import { type FailedEnd, failed } from "./fetch-end.ts";

const BOUND = { maxOutputLength: MAX_BODY_BYTES } satisfies ZlibOptions;

/** The codings of RFC 9110 §8.4.1 and Brotli (RFC 7932). Synchronous: 64 KiB take less time than a thread's start. */
const DECODERS: ReadonlyMap<string, (body: Uint8Array) => Uint8Array> = new Map([
  ["gzip", (body) => gunzipSync(body, BOUND)],
  ["x-gzip", (body) => gunzipSync(body, BOUND)],
  ["deflate", inflateEither],
  ["br", (body) => brotliDecompressSync(body, BOUND)],
]);

/**
 * Undoes the content coding of a body whose server compresses although we ask it not to. Null where the coding is
 * unknown to us or several are stacked; `body-too-large` where more than 64 KiB come out; `protocol-error` where the
 * body is not in the coding it claims.
 */
export function decodeBody(body: Uint8Array, contentEncoding: string | null): Result<Uint8Array | null, FailedEnd> {
  const codings = (contentEncoding ?? "")
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => coding !== "" && coding !== "identity");
  const [coding, ...others] = codings;
  if (coding === undefined || body.length === 0) return ok(body);
  const decode = DECODERS.get(coding);
  if (decode === undefined || others.length > 0) return ok(null);
  try {
    return ok(new Uint8Array(decode(body)));
  } catch (error) {
    if (hasCode(error, "ERR_BUFFER_TOO_LARGE")) {
      return err(failed("body-too-large", `more than ${MAX_BODY_BYTES} bytes once ${coding} is undone`));
    }
    return err(failed("protocol-error", `the body is not the ${coding} it claims to be`));
  }
}

/** `deflate` means the zlib format (RFC 9110 §8.4.1.2), but some servers send the bare stream. */
function inflateEither(body: Uint8Array): Uint8Array {
  try {
    return inflateSync(body, BOUND);
  } catch (error) {
    if (hasCode(error, "ERR_BUFFER_TOO_LARGE")) throw error;
    return inflateRawSync(body, BOUND);
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
