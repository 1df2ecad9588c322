import { readFile } from "node:fs/promises";
import { err, ok, type Result } from "@switchboard/domain";
import { describeFileError } from "./file-error.ts";
import { parseSourcesFile, type SourceConfig } from "./source-config.ts";

/** Reads the file that lists the sources; every problem is a line that names the file, the place and what must be there. */
export async function readSourcesFile(path: string): Promise<Result<readonly SourceConfig[], readonly string[]>> {
  try {
    const parsed = parseSourcesFile(await readFile(path, "utf8"));
    if (parsed.ok) return ok(parsed.value);
    return err(parsed.error.map((problem) => `${path}: ${`${problem.path} ${problem.message}`.trim()}`));
  } catch (error) {
    const problem = describeFileError(error);
    if (problem === null) throw error;
    return err([`SWITCHBOARD_SOURCES_FILE names ${path}, which ${problem}`]);
  }
}
