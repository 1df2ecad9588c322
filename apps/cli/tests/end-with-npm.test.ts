import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../bin/switchboard.mjs", import.meta.url));

const PATIENCE_MS = 60_000;

/**
 * Starts a command that says something of an empty file, and then waits for input nobody sends, the way npm does: below a
 * shell, which passes no signal on.
 */
function startBelowShell(variables: Readonly<Record<string, string>>) {
  return spawn("sh", ["-c", 'sleep 120 2>/dev/null | "$0" "$1" lint /dev/null -', process.execPath, BIN], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...variables },
  });
}

test("a command that npm started stops when npm's shell is gone", async () => {
  const shell = startBelowShell({ npm_lifecycle_event: "start" });
  shell.stderr.resume();
  // Then the command is up: a launcher that dies before that is not seen.
  await once(shell.stdout, "data", { signal: AbortSignal.timeout(PATIENCE_MS) });
  shell.kill("SIGKILL");
  shell.stdout.resume();
  // Both pipes end when the last process that holds them does.
  await once(shell, "close", { signal: AbortSignal.timeout(PATIENCE_MS) });
  expect(shell.signalCode).toBe("SIGKILL");
});
