import { readdir, readFile } from "node:fs/promises";

/** What would make the domain depend on when or where it runs, and what the linter does not see. */
const IMPURE: readonly { pattern: RegExp; why: string }[] = [
  { pattern: /\bMath\s*\.\s*random\b|\bMath\s*\[/, why: "randomness: pass a jitter" },
  { pattern: /\bglobalThis\b|\bself\b\s*\.|\bwindow\b/, why: "ambient globals: pass what is needed" },
  { pattern: /\bIntl\b|\.toLocale[A-Z]\w*\(/, why: "the machine's locale" },
  { pattern: /\bnew\s+Date\b|\bDate\s*\.\s*now\b/, why: "a clock: pass an Instant" },
  { pattern: /\beval\s*\(|\bnew\s+Function\b|\bimport\s*\(/, why: "code that cannot be checked" },
];

/** Lines of a folder of sources (tests left out) that break the domain's purity, as `file:line: why`. */
export async function findImpurities(folder: URL): Promise<string[]> {
  const found: string[] = [];
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const lines = (await readFile(new URL(file, folder), "utf8")).split("\n");
    for (const [index, line] of lines.entries()) {
      const code = line.replace(/\/\/.*$|^\s*\/?\*.*$/, "");
      const breach = IMPURE.find(({ pattern }) => pattern.test(code));
      if (breach !== undefined) found.push(`${file}:${index + 1}: ${breach.why}`);
    }
  }
  return found;
}
