import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../bin/switchboard.mjs", import.meta.url));

/** Starts a command that waits for input nobody sends, the way npm does: below a shell, which passes no signal on. */
function startBelowShell(variables: Readonly<Record<string, string>>) {
  return spawn("sh", ["-c", 'sleep 30 2>/dev/null | "$0" "$1" lint -', process.execPath, BIN], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], ...variables },
  });
}

test("a command that npm started stops when npm's shell is gone", async () => {
  const shell = startBelowShell({ npm_lifecycle_event: "start" });
  // Long enough for the command to be up: a launcher that dies before that is not seen.
  await setTimeout(3_000);
  shell.kill("SIGKILL");
  shell.stdout.resume();
  shell.stderr.resume();
  // Both pipes end when the last process that holds them does.
  await once(shell, "close", { signal: AbortSignal.timeout(10_000) });
  expect(shell.signalCode).toBe("SIGKILL");
});
