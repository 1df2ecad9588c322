import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { err, ok } from "@switchboard/domain";
import { CsvError, parse } from "csv-parse";
import { describeFileError } from "./file-error.ts";
import { type NamePage, type SourcePages, sourceFailure } from "./name-page.ts";

/** Opens a file of the operator's, or whatever stands for it; its stream fails where it cannot be read. */
export type OpenFile = (path: string) => Readable;

type Entry = { readonly name: string } | "malformed";

const NAMES_AT_ONCE = 1_000;
const MAX_RECORD_CHARACTERS = 1024 * 1024;

/** The line of dashes under the header of a table that psql prints. */
const RULE = /^[-+\s]*-[-+\s]*$/;

/** What the column of names is called: Synapse's table first, then what others export. */
const NAME_COLUMNS = ["destination", "server_name", "servername", "server", "hostname", "host", "domain", "name"];

/**
 * The names in a file, whose form its first lines tell:
 *
 * - one name a line, with empty lines and `#` comments;
 * - CSV, with a header that names the column (`destination`, `server_name`, `host` …), else the first column;
 * - what psql prints: a header, a line of dashes, columns between bars;
 * - `COPY … TO STDOUT`: columns between tabs, the first of them; or a dump by pg_dump with Synapse's `destinations` in it.
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
    const problem = error instanceof CsvError ? `is no CSV: ${error.message}` : describeFileError(error);
    if (problem === null) throw error;
    yield err(sourceFailure(`${path} ${problem}`));
  }
}

async function* readEntries(file: Readable): AsyncGenerator<Entry, void, undefined> {
  const lines = createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  const head: string[] = [];
  // A form shows in its first two lines that say anything.
  while (head.filter(saysSomething).length < 2) {
    const next = await lines.next();
    if (next.done === true) break;
    head.push(head.length === 0 ? next.value.replace(/^\ufeff/, "") : next.value);
  }
  const all = followedBy(head, lines);
  const [first = "", second = ""] = head.filter(saysSomething);
  if (first.startsWith("-- ") || first === "--" || /^COPY\s/i.test(first)) yield* readDump(all);
  else if (first.includes("\t")) yield* readTabs(all, 0);
  else if ([first, second].some((line) => RULE.test(line))) yield* readTable(all);
  else if (first.includes(",") || indexOfNames([first]) !== -1) yield* readCsv(all);
  else yield* readPlain(all);
}

function saysSomething(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("#");
}

async function* followedBy(head: readonly string[], rest: AsyncIterator<string>): AsyncGenerator<string> {
  yield* head;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** The place of the column of names in a header; -1 where it is none. */
function indexOfNames(header: readonly string[]): number {
  const cells = header.map((cell) => cell.trim().replaceAll('"', "").toLowerCase());
  const column = NAME_COLUMNS.find((name) => cells.includes(name));
  return column === undefined ? -1 : cells.indexOf(column);
}

function toEntry(cell: string | undefined): Entry {
  const name = cell?.trim() ?? "";
  return name === "" || name === "\\N" ? "malformed" : { name };
}

async function* readPlain(lines: AsyncIterable<string>): AsyncGenerator<Entry, void, undefined> {
  for await (const line of lines) if (saysSomething(line)) yield toEntry(line);
}

async function* readTabs(lines: AsyncIterable<string>, column: number): AsyncGenerator<Entry, void, undefined> {
  for await (const line of lines) {
    if (line === "\\.") return;
    if (line !== "") yield toEntry(line.split("\t")[column]);
  }
}

/** The rows of the first table of destinations; everything else in a dump is SQL, which is not for us. */
async function* readDump(lines: AsyncIterable<string>): AsyncGenerator<Entry, void, undefined> {
  let column = -1;
  for await (const line of lines) {
    if (column === -1) {
      const columns = /^COPY\s+(?:\S+\.)?"?destinations"?\s*\(([^)]*)\)\s+FROM\s+stdin/i.exec(line)?.[1];
      if (columns !== undefined) column = Math.max(0, indexOfNames(columns.split(",")));
    } else if (line === "\\.") return;
    else yield toEntry(line.split("\t")[column]);
  }
}

async function* readTable(lines: AsyncIterable<string>): AsyncGenerator<Entry, void, undefined> {
  let column = -1;
  for await (const line of lines) {
    if (!saysSomething(line) || RULE.test(line) || /^\(\d+ rows?\)$/.test(line.trim())) continue;
    const cells = line.replace(/^\|/, "").split("|");
    if (column === -1) column = Math.max(0, indexOfNames(cells));
    else yield toEntry(cells[column]);
  }
}

async function* readCsv(lines: AsyncIterable<string>): AsyncGenerator<Entry, void, undefined> {
  const parser = parse({ relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_RECORD_CHARACTERS });
  // What goes wrong comes out of the parser, which is read below.
  const feeding = pipeline(Readable.from(withLineEnds(lines)), parser).catch(() => {});
  let column = -1;
  for await (const record of parser as AsyncIterable<readonly string[]>) {
    if (column !== -1) {
      yield toEntry(record[column]);
      continue;
    }
    const named = indexOfNames(record);
    column = Math.max(0, named);
    if (named === -1) yield toEntry(record[column]);
  }
  await feeding;
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
