/** Rows in aligned columns, two spaces apart, without trailing spaces. Cells hold no colour: that would count as width. */
export function formatTable(rows: readonly (readonly string[])[], indent = ""): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, [...cell].length);
  }
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length));
      return `${indent}${cells.join("  ").trimEnd()}`;
    })
    .join("\n");
}
