// Every rule that a machine can check, in one command: `npm run check`. Each check prints its output only where it fails.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { findImpurities } from "./purity.ts";

const ROOT = new URL("..", import.meta.url);
const BIN = new URL("node_modules/.bin", ROOT).pathname;

type Check = { name: string; run: () => Promise<{ passed: boolean; output: string }> };

/** Runs a program of the repository with its output kept; a program that cannot be started counts as failed. */
function runProgram(program: string, ...args: string[]): Promise<{ passed: boolean; output: string }> {
  const env = {
    ...process.env,
    PATH: `${BIN}${delimiter}${process.env["PATH"] ?? ""}`,
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    FORCE_COLOR: "0",
  };
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      output += chunk;
    });
    child.on("error", (error) => resolve({ passed: false, output: `${program}: ${error.message}` }));
    child.on("close", (code) => resolve({ passed: code === 0, output }));
  });
}

async function checkPurity(): Promise<{ passed: boolean; output: string }> {
  const impurities = await findImpurities(new URL("packages/domain/src/", ROOT));
  return { passed: impurities.length === 0, output: impurities.join("\n") };
}

type LockedPackage = Partial<Record<(typeof DEPENDENCY_KINDS)[number], Record<string, string>>>;
const DEPENDENCY_KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;

/** Versions are pinned, and `npm ci` finds every platform's package in the lock file: npm 11 drops those it did not install. */
async function checkLockFile(): Promise<{ passed: boolean; output: string }> {
  const lock: unknown = JSON.parse(await readFile(new URL("package-lock.json", ROOT), "utf8"));
  const packages = Object.entries((lock as { packages: Record<string, LockedPackage> }).packages);
  const locked = new Set(
    packages.map(([path]) => path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length)),
  );
  const problems: string[] = [];
  for (const [path, manifest] of packages) {
    if (path.includes("node_modules/")) {
      const missing = Object.keys(manifest.optionalDependencies ?? {}).filter((name) => !locked.has(name));
      problems.push(...missing.map((name) => `${path} may need ${name}, which is not in the lock file`));
      continue;
    }
    for (const [name, version] of DEPENDENCY_KINDS.flatMap((kind) => Object.entries(manifest[kind] ?? {}))) {
      if (!/^\d/.test(version)) problems.push(`${path || "."}: ${name}@${version} is not pinned to one version`);
    }
  }
  return { passed: problems.length === 0, output: problems.join("\n") };
}

const CHECKS: Check[] = [
  { name: "types", run: () => runProgram("turbo", "run", "types", "--output-logs=errors-only") },
  { name: "types of the scripts", run: () => runProgram("tsc", "-p", "scripts") },
  { name: "lint and format", run: () => runProgram("biome", "ci", "--colors=off", "--error-on-warnings", ".") },
  { name: "boundaries", run: () => runProgram("turbo", "boundaries") },
  { name: "purity of the domain", run: checkPurity },
  { name: "dead code", run: () => runProgram("knip", "--no-progress") },
  { name: "lock file", run: checkLockFile },
  { name: "docs/findings.md", run: () => runProgram("node", "scripts/generate-findings.ts", "--check") },
  {
    name: "docs/revisit-intervals.svg",
    run: () => runProgram("node", "scripts/generate-revisit-picture.ts", "--check"),
  },
  { name: "Prisma client", run: () => runProgram("node", "scripts/generate-prisma.ts", "--check") },
];

const failed: string[] = [];
for (const { name, run } of CHECKS) {
  const startedAt = performance.now();
  const { passed, output } = await run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${passed ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (!passed) {
    failed.push(name);
    console.log(output.trimEnd().replace(/^/gm, "  | "));
  }
}
console.log(`${CHECKS.length - failed.length} of ${CHECKS.length} checks passed`);
if (failed.length > 0) process.exitCode = 1;
