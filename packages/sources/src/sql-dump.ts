import { type FileEntry, indexOfNames, toEntry } from "./file-entry.ts";

const TABLE = String.raw`(?:"?[\w$]+"?\.)?"?destinations"?`;
const COPY = new RegExp(String.raw`^COPY\s+${TABLE}\s*\(([^)]*)\)\s+FROM\s+stdin`, "i");
const INSERT = new RegExp(String.raw`^INSERT\s+INTO\s+${TABLE}\s*(?:\(([^)]*)\)\s*)?VALUES`, "i");

/** More than any name has: what a text holds beyond is not kept. */
const MAX_CELL_CHARACTERS = 1_000;

/** Whether a file that begins so is SQL: as pg_dump or SQLite's `.dump` writes it, or the lines of one table cut out of it. */
export function isSqlDump(firstLine: string): boolean {
  return /^(?:--(?:\s|$)|(?:COPY|INSERT|PRAGMA|BEGIN|SET|CREATE)[\s;])/i.test(firstLine);
}

/**
 * The names in Synapse's table `destinations`, from `COPY … FROM stdin` or `INSERT INTO … VALUES`; everything else in a dump
 * is SQL, which is not for us.
 */
export async function* readSqlDump(lines: AsyncIterable<string>): AsyncGenerator<FileEntry, void, undefined> {
  let copied: number | null = null;
  let inserted: RowReader | null = null;
  for await (const line of lines) {
    if (copied !== null) {
      if (line === "\\.") copied = null;
      else yield toEntry(line.split("\t")[copied]);
      continue;
    }
    let rows = line;
    if (inserted === null) {
      const copy = COPY.exec(line);
      if (copy !== null) copied = columnOfNames(copy[1]);
      const insert = INSERT.exec(line);
      if (insert === null) continue;
      inserted = createRowReader(columnOfNames(insert[1]));
      rows = line.slice(insert[0].length);
    }
    yield* inserted.read(rows);
    if (inserted.isDone()) inserted = null;
  }
}

/** Where the names are in a list of columns; the first column where there is no list, as Synapse makes the table. */
function columnOfNames(columns: string | undefined): number {
  return Math.max(0, indexOfNames(columns?.split(",") ?? []));
}

/** Reads the rows of one statement, line by line. */
type RowReader = {
  /** The names of the rows that end in this line. */
  read(line: string): FileEntry[];
  /** Whether the statement has ended. */
  isDone(): boolean;
};

/** Rows are lists in parentheses; a text is in single quotes, of which two stand for one, and may go on in the next line. */
function createRowReader(column: number): RowReader {
  let done = false;
  let inText = false;
  let depth = 0;
  let place = 0;
  let cell: string | undefined;

  function keep(text: string): void {
    if (depth === 1 && place === column) cell = `${cell ?? ""}${text}`.slice(0, MAX_CELL_CHARACTERS);
  }

  return {
    isDone: () => done,
    read(line) {
      const entries: FileEntry[] = [];
      for (const [piece] of line.matchAll(/''|[^'(),;]+|./g)) {
        if (piece === "'") inText = !inText;
        else if (inText) keep(piece === "''" ? "'" : piece);
        else if (piece === "''") keep("");
        else if (piece === "(") {
          depth += 1;
          if (depth === 1) [place, cell] = [0, undefined];
        } else if (piece === ")") {
          if (depth === 1) entries.push(toEntry(cell));
          depth = Math.max(0, depth - 1);
        } else if (piece === "," && depth === 1) place += 1;
        else if (piece === ";" && depth === 0) done = true;
        if (done) break;
      }
      if (inText) keep("\n");
      return entries;
    },
  };
}
