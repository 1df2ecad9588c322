import type { Readable } from "node:stream";
import {
  type IdentifierError,
  parseCandidate,
  parseServerName,
  type Result,
  type ServerName,
} from "@switchboard/domain";
import { type Environment, federationReachOf } from "@switchboard/runtime";
import { describeIdentifierError, readLines, STDIN } from "./argument.ts";
import { UsageError } from "./usage-error.ts";

/** A text that is no server name, and the line of the file it stands on; null where it was an argument. */
export type RejectedName = { readonly line: number | null; readonly name: string; readonly error: IdentifierError };

export type ReadNames = { readonly names: readonly ServerName[]; readonly rejected: readonly RejectedName[] };

/** Reads server names, given one by one or in files (`-` is standard input), and sets aside what `parse` refuses. */
export async function readServerNames(
  given: { readonly names: readonly string[]; readonly file: string | null },
  stdin: Readable,
  parse: (text: string) => Result<ServerName, IdentifierError>,
): Promise<ReadNames> {
  const names: ServerName[] = [];
  const rejected: RejectedName[] = [];
  function take(text: string, line: number | null): void {
    const parsed = parse(text);
    if (parsed.ok) names.push(parsed.value);
    else rejected.push({ line, name: text, error: parsed.error });
  }
  for (const text of given.names) {
    if (text !== STDIN) take(text, null);
    else for await (const { line, text: name } of readLines(STDIN, stdin)) take(name, line);
  }
  if (given.file !== null) for await (const { line, text } of readLines(given.file, stdin)) take(text, line);
  return { names, rejected };
}

/** Reads names for the directory: those that it would be hopeless to probe are set aside, too. */
export function readCandidates(
  given: { readonly names: readonly string[]; readonly file: string | null },
  { stdin, environment }: { readonly stdin: Readable; readonly environment: Pick<Environment, "allowNetworks"> },
): Promise<ReadNames> {
  const reach = federationReachOf(environment);
  return readServerNames(given, stdin, (text) => parseCandidate(text, reach));
}

/** One line about a text that was set aside. */
export function describeRejected({ line, error }: RejectedName): string {
  return `${line === null ? "" : `line ${line}: `}${describeIdentifierError(error)}`;
}

/** Reads server names that must all be good. Throws UsageError about the first that is not. */
export async function parseServerNames(given: readonly string[], stdin: Readable): Promise<readonly ServerName[]> {
  const { names, rejected } = await readServerNames({ names: given, file: null }, stdin, parseServerName);
  const [first] = rejected;
  if (first === undefined) return names;
  const others = rejected.length === 1 ? "" : ` (and ${rejected.length - 1} more)`;
  throw new UsageError(`name: ${describeRejected(first)}${others}`);
}
