// Writes docs/findings.md from the catalogue of findings; with --check only says whether the file is up to date.
import { readFile, writeFile } from "node:fs/promises";
import { toFindingsPage } from "../packages/domain/src/findings-page.ts";

const PAGE = new URL("../docs/findings.md", import.meta.url);

const page = toFindingsPage();
if (process.argv.includes("--check")) {
  const present = await readFile(PAGE, "utf8").catch(() => "");
  if (present !== page) {
    console.error("docs/findings.md is out of date: run `npm run generate`");
    process.exitCode = 1;
  }
} else {
  await writeFile(PAGE, page);
  console.log("wrote docs/findings.md");
}
