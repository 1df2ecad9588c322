import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type RequiredTool = "redis" | "chromium";

const PROGRAMS: Readonly<Record<RequiredTool, readonly string[]>> = {
  redis: ["redis-server", "valkey-server"],
  chromium: ["chromium", "chromium-browser", "google-chrome"],
};

/**
 * The path of a program some tests need and nobody must have. Where it is missing the tests are skipped and this says
 * so where nobody can miss it; named in SWITCHBOARD_TEST_REQUIRE (`redis,chromium`) a missing one throws.
 */
export function findTool(tool: RequiredTool): string | null {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const program of PROGRAMS[tool]) {
      const path = join(folder, program);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not there; look on.
      }
    }
  }
  const missing = `no ${PROGRAMS[tool].join(", ")} in PATH`;
  const required = (process.env["SWITCHBOARD_TEST_REQUIRE"] ?? "").split(",").map((name) => name.trim());
  if (required.includes(tool)) throw new Error(`SWITCHBOARD_TEST_REQUIRE asks for ${tool}, and there is ${missing}`);
  process.stderr.write(`\n*** SKIPPED: the tests that need ${tool} do not run here (${missing}) ***\n\n`);
  return null;
}
