import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { err, ok } from "@switchboard/domain";
import { CsvError, parse } from "csv-parse";
import { type FileEntry, indexOfNames, toEntry } from "./file-entry.ts";
import { describeFileError } from "./file-error.ts";
import { type NamePage, type SourcePages, sourceFailure } from "./name-page.ts";
import { isSqlDump, readSqlDump } from "./sql-dump.ts";

/** Opens a file of the operator's, or whatever stands for it; its stream fails where it cannot be read. */
export type OpenFile = (path: string) => Readable;

const NAMES_AT_ONCE = 1_000;
const MAX_RECORD_CHARACTERS = 1024 * 1024;
/** A dump of a whole database has long rows in other tables. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
const LINE_FEED = 0x0a;

/** The line of dashes under the header of a table that psql prints. */
const RULE = /^[-+\s]*-[-+\s]*$/;

/**
 * The names in a file, whose form its first lines tell:
 *
 * - one name a line, with empty lines and `#` comments;
 * - CSV between commas or semicolons, with a header that names the column (`destination`, `server_name`, `host` …), else
 *   the first column;
 * - what psql and sqlite3 print: columns between bars, with or without a header and a line of dashes;
 * - `COPY … TO STDOUT`: columns between tabs, the first of them where no header says otherwise;
 * - SQL with Synapse's `destinations` in it, by pg_dump (`COPY` or `INSERT`) or SQLite's `.dump`.
 */
export async function* readNameFile(openFile: OpenFile, path: string): SourcePages {
  let names: string[] = [];
  let malformed = 0;
  const takePage = (): NamePage => {
    const page = { names, malformed, cursor: null };
    names = [];
    malformed = 0;
    return page;
  };
  try {
    for await (const entry of readEntries(openFile(path))) {
      if (entry === "malformed") malformed += 1;
      else names.push(entry.name);
      if (names.length + malformed >= NAMES_AT_ONCE) yield ok(takePage());
    }
    if (names.length + malformed > 0) yield ok(takePage());
  } catch (error) {
    const problem = describeProblem(error);
    if (problem === null) throw error;
    if (names.length + malformed > 0) yield ok(takePage());
    yield err(sourceFailure(`${path} ${problem}`));
  }
}

/** What is wrong with the file; null where the error is another one. */
function describeProblem(error: unknown): string | null {
  if (error instanceof CsvError) return `is no CSV: ${error.message}`;
  if (!(error instanceof LineTooLong)) return describeFileError(error);
  return `has a line of more than ${MAX_LINE_BYTES / 1024 / 1024} MiB; write one name a line`;
}

async function* readEntries(file: Readable): AsyncGenerator<FileEntry, void, undefined> {
  const input = Readable.from(withBoundedLines(file));
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const head: string[] = [];
  // A form shows in its first two lines that say anything.
  while (head.filter(saysSomething).length < 2) {
    const next = await lines.next();
    if (next.done === true) break;
    head.push(head.length === 0 ? next.value.replace(/^\ufeff/, "") : next.value);
  }
  const all = followedBy(head, lines);
  const [first = "", second = ""] = head.filter(saysSomething);
  if (isSqlDump(first)) yield* readSqlDump(all);
  else if (first.includes("\t")) yield* readTabs(all);
  else if ([first, second].some((line) => RULE.test(line))) yield* readTable(all, { hasHeader: true });
  else if (first.includes("|")) yield* readTable(all, { hasHeader: false });
  else if (/[,;]/.test(first)) yield* readCsv(all, first.includes(",") ? "," : ";");
  else if (first.startsWith('"') || indexOfNames([first]) !== -1) yield* readCsv(all, ",");
  else yield* readPlain(all);
}

/** The chunks as they are; fails where a line is longer than anybody's, which would have to be held as a whole. */
async function* withBoundedLines(file: Readable): AsyncGenerator<Uint8Array> {
  let length = 0;
  for await (const chunk of file as AsyncIterable<Uint8Array>) {
    const end = chunk.lastIndexOf(LINE_FEED);
    length = end === -1 ? length + chunk.length : chunk.length - end;
    if (length > MAX_LINE_BYTES) throw new LineTooLong();
    yield chunk;
  }
}

class LineTooLong extends Error {}

function saysSomething(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("#");
}

async function* followedBy(head: readonly string[], rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield* head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

async function* readPlain(lines: AsyncIterable<string>): AsyncGenerator<FileEntry, void, undefined> {
  for await (const line of lines) if (saysSomething(line)) yield toEntry(line);
}

async function* readTabs(lines: AsyncIterable<string>): AsyncGenerator<FileEntry, void, undefined> {
  yield* readRows(rowsOf(lines), { hasHeader: false });

  async function* rowsOf(all: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
    for await (const line of all) {
      if (line === "\\.") return;
      if (line !== "") yield line.split("\t");
    }
  }
}

async function* readTable(
  lines: AsyncIterable<string>,
  header: { readonly hasHeader: boolean },
): AsyncGenerator<FileEntry, void, undefined> {
  yield* readRows(rowsOf(lines), header);

  async function* rowsOf(all: AsyncIterable<string>): AsyncGenerator<readonly string[]> {
    for await (const line of all) {
      if (!saysSomething(line) || RULE.test(line) || /^\(\d+ rows?\)$/.test(line.trim())) continue;
      yield line.replace(/^\|/, "").split("|");
    }
  }
}

/** The names in rows, of which the first may be a header: one that names the column of names is, whatever the form. */
async function* readRows(
  rows: AsyncIterable<readonly string[]>,
  { hasHeader }: { readonly hasHeader: boolean },
): AsyncGenerator<FileEntry, void, undefined> {
  let column = -1;
  for await (const row of rows) {
    if (column === -1) {
      const named = indexOfNames(row);
      column = Math.max(0, named);
      if (named !== -1 || hasHeader) continue;
    }
    yield toEntry(row[column]);
  }
}

async function* readCsv(lines: AsyncIterable<string>, delimiter: string): AsyncGenerator<FileEntry, void, undefined> {
  const parser = parse({
    delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_CHARACTERS,
  });
  // What goes wrong comes out of the parser, which is read below.
  const feeding = pipeline(Readable.from(withLineEnds(lines)), parser).catch(() => {});
  yield* readRows(parser as AsyncIterable<readonly string[]>, { hasHeader: false });
  await feeding;
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
