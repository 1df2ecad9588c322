import { spawn } from "node:child_process";
import type { ServerAccount } from "./server-account.ts";

export type ToolRun = {
  readonly file: string;
  readonly args: readonly string[];
  readonly account: ServerAccount;
  readonly cwd: string;
  /** Given on standard input, then the end of it. */
  readonly input?: string;
};

export type ToolEnd = { readonly exitCode: number | null; readonly output: string };

/**
 * Runs one of Postgres' programs to its end; `output` is what it printed on both streams. It gets a process group of
 * its own, so that Ctrl-C in a terminal cannot cut a start or a stop in half, and an environment of ours, so that
 * no PGDATA or PGPORT of the user's leads it astray. Throws where the program cannot be started at all.
 */
export function runTool(run: ToolRun): Promise<ToolEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.file, run.args, {
      cwd: run.cwd,
      detached: process.platform !== "win32",
      windowsHide: true,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
      stdio: ["pipe", "pipe", "pipe"],
      ...(run.account === null ? {} : { uid: run.account.uid, gid: run.account.gid }),
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, output: output.trim() }));
    // A program that ends without reading its input breaks the pipe; its exit code says what went wrong.
    child.stdin.on("error", () => {});
    child.stdin.end(run.input ?? "");
  });
}
