import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A run of the benches, as somebody starts it, in a temporary folder of its own. */
export async function startBench(...args: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), "bench-test-"));
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env["PATH"], TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  return {
    /** Resolves when it has first said how far it is. */
    begun: once(child.stderr, "data"),
    interrupt: () => child.kill("SIGTERM"),
    async end() {
      const [[stdout, stderr]] = await Promise.all([said, ended]);
      const left = await readdir(folder);
      await rm(folder, { recursive: true, force: true });
      return { status: child.exitCode, stdout, stderr, left };
    },
  };
}

export async function runBench(...args: readonly string[]) {
  return (await startBench(...args)).end();
}
