import { once } from "node:events";
import type { Writable } from "node:stream";

/** The reader went away (`… | head`): nothing is wrong, and nothing more is to be said. */
export class OutputClosed extends Error {
  override readonly name = "OutputClosed";
}

/** Where a command's answers go. Each call resolves when the reader keeps up, so that memory stays flat. */
export type Output = {
  readonly isTerminal: boolean;
  text(text: string): Promise<void>;
  /** One JSON object on a line of its own. */
  json(value: unknown): Promise<void>;
};

/** An output on a stream of this process. Rejects with OutputClosed once the reader is gone. */
export function createOutput(stream: Writable & { readonly isTTY?: boolean }): Output {
  let failure: Error | null = null;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code === "EPIPE" ? new OutputClosed("the reader went away") : error;
  });
  async function write(text: string): Promise<void> {
    if (failure !== null) throw failure;
    // A stream that fails while it is waited for has said so to the listener above.
    if (!stream.write(text)) await Promise.race([once(stream, "drain"), once(stream, "close")]).catch(() => {});
    if (failure !== null) throw failure;
  }
  return {
    isTerminal: stream.isTTY === true,
    text: (text) => write(`${text}\n`),
    json: (value) => write(`${JSON.stringify(value)}\n`),
  };
}
