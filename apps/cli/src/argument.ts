import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import {
  type IdentifierError,
  parseServerName,
  type ServerName,
  toPrintable,
  withoutRootDot,
} from "@switchboard/domain";
import { InvalidArgumentError } from "commander";
import { UsageError } from "./usage-error.ts";

/** Standard input, where a command takes files or names. */
export const STDIN = "-";

/**
 * A server name given as an option or argument, without a dot at its end: what is said of it is meant for the server.
 * Throws what commander turns into one line naming the option.
 */
export function parseServerNameArgument(text: string): ServerName {
  const parsed = parseServerName(text);
  if (parsed.ok) return withoutRootDot(parsed.value);
  throw new InvalidArgumentError(describeIdentifierError(parsed.error));
}

/** A whole number of at least 1. */
export function parseCountArgument(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Write a whole number from 1.");
}

/** The message and the hint of an identifier's parser on one line. */
export function describeIdentifierError({ message, hint }: IdentifierError): string {
  return `${message}. ${hint}`;
}

/** Up to `maxBytes` of a file, or of standard input for `-`. Throws UsageError where it cannot be read. */
export async function readBytes(path: string, stdin: Readable, maxBytes: number): Promise<Uint8Array> {
  try {
    if (path === STDIN) return await readStream(stdin, maxBytes);
    await using file = await open(path);
    const { buffer, bytesRead } = await readFully(file, maxBytes);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readFully(
  file: Awaited<ReturnType<typeof open>>,
  maxBytes: number,
): Promise<{ buffer: Uint8Array; bytesRead: number }> {
  const buffer = new Uint8Array(maxBytes);
  let bytesRead = 0;
  while (bytesRead < maxBytes) {
    const read = await file.read(buffer, bytesRead, maxBytes - bytesRead);
    if (read.bytesRead === 0) break;
    bytesRead += read.bytesRead;
  }
  return { buffer, bytesRead };
}

async function readStream(stream: Readable, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}

export type NumberedLine = { readonly line: number; readonly text: string };

/**
 * The lines of a file, or of standard input for `-`, trimmed, without empty ones and `#` comments, numbered from 1.
 * Throws UsageError where it cannot be read.
 */
export async function* readLines(path: string, stdin: Readable): AsyncGenerator<NumberedLine, void, undefined> {
  const input = path === STDIN ? stdin : createReadStream(path);
  let line = 0;
  try {
    for await (const raw of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      // A byte order mark belongs to the file, not to its first name.
      const text = (line === 1 ? raw.replace(/^\ufeff/, "") : raw).trim();
      if (text !== "" && !text.startsWith("#")) yield { line, text };
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): UsageError {
  const reason = error instanceof Error && "code" in error ? REASONS[String(error.code)] : undefined;
  return new UsageError(`cannot read ${toPrintable(path, 200)}: ${reason ?? String(error)}`, { cause: error });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file; check the path",
  EISDIR: "it is a folder; name its files",
  EACCES: "permission denied; run as a user who may read it",
};
