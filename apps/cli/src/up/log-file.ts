import { copyFileSync, mkdirSync, openSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";

const MAX_BYTES = 10 * 1024 * 1024;
const TAIL_BYTES = 16 * 1024;

/** Opens a log for appending, with its folder; the descriptor is for a child process to write to. */
export function openLogFile(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  return openSync(path, "a", 0o600);
}

/** Puts what a log holds aside, once it is large, so that log and copy together stay bounded. Writers append on. */
export function trimLogFile(path: string): void {
  if (statSync(path).size <= MAX_BYTES) return;
  copyFileSync(path, `${path}.old`);
  truncateSync(path, 0);
}

/** What the last line of a log says; null where there is none. */
export async function readLastWords(path: string): Promise<string | null> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Math.max(size - TAIL_BYTES, 0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
  const last = buffer.toString("utf8", 0, bytesRead).trim().split("\n").at(-1) ?? "";
  return last === "" ? null : readMessage(last);
}

const logLine = z.object({ msg: z.string().optional(), err: z.object({ message: z.string() }).optional() });

/** The message of a JSON log line with that of its error; any other line as it is. */
function readMessage(line: string): string {
  try {
    const { msg, err } = logLine.parse(JSON.parse(line));
    return [msg, err?.message].filter((part) => part !== undefined).join(": ");
  } catch {
    return line;
  }
}
