/** What one line or row of a file of names says. */
export type FileEntry = { readonly name: string } | "malformed";

/** What the column of names is called: Synapse's table first, then what others export. */
const NAME_COLUMNS = ["destination", "server_name", "servername", "server", "hostname", "host", "domain", "name"];

/** The place of the column of names in a header; -1 where it is none. */
export function indexOfNames(header: readonly string[]): number {
  const cells = header.map((cell) => cell.trim().replaceAll('"', "").toLowerCase());
  const column = NAME_COLUMNS.find((name) => cells.includes(name));
  return column === undefined ? -1 : cells.indexOf(column);
}

export function toEntry(cell: string | undefined): FileEntry {
  const name = cell?.trim() ?? "";
  return name === "" || name === "\\N" ? "malformed" : { name };
}
