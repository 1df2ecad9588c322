import { copyFileSync, mkdirSync, openSync, statSync, truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";

const MAX_BYTES = 10 * 1024 * 1024;
const TAIL_BYTES = 4 * 1024;

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

/** The last line of a log that says something; null where there is none. */
export async function readLastLine(path: string): Promise<string | null> {
  await using file = await open(path);
  const { size } = await file.stat();
  const start = Math.max(size - TAIL_BYTES, 0);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, start);
  const lines = buffer.toString("utf8", 0, bytesRead).trim().split("\n");
  return lines.at(-1) || null;
}
