import { setTimeout as sleep } from "node:timers/promises";
import { MINUTE_MS } from "@switchboard/domain";
import type { SourceReader } from "./source-reader.ts";

/** Who asks for more than this is read again another time. */
const MAX_WAIT_MS = MINUTE_MS;
const MAX_WAITS = 3;

/** A reader that waits where a page is refused with the wish for a little patience (429, 503), and asks again. */
export function toPatientReader(reader: SourceReader): SourceReader {
  return {
    ...reader,
    async readJson(request, signal) {
      for (let waits = 0; ; waits += 1) {
        const read = await reader.readJson(request, signal);
        const waitMs = read.ok ? null : read.error.retryAfterMs;
        if (waitMs === null || waitMs > MAX_WAIT_MS || waits >= MAX_WAITS) return read;
        await sleep(waitMs, undefined, { signal });
      }
    },
  };
}
