import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";
import { startCli } from "./run-cli.ts";

/** Longer than anything here takes on a machine that has much better to do. */
export const PATIENCE_MS = 120_000;

/** A running `switchboard up`, and what it printed on either stream. */
export type Up = { readonly child: ChildProcess; printed(): string; saw(text: string | RegExp): Promise<string> };

const started: ChildProcess[] = [];

/** Starts `switchboard up` with its api on a free port. */
export function startUp(args: readonly string[], variables: Readonly<Record<string, string>>): Up {
  const child = startCli(["up", ...args], { SWITCHBOARD_HTTP_PORT: "0", ...variables });
  started.push(child);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  return {
    child,
    printed: () => printed,
    async saw(text) {
      await expect.poll(() => printed, { timeout: PATIENCE_MS, interval: 100 }).toMatch(text);
      return printed;
    },
  };
}

/** Stops it as Ctrl-C does, and answers its exit status. */
export async function stopUp({ child }: Up): Promise<number | null> {
  child.kill("SIGINT");
  const [status] = await once(child, "exit");
  return status;
}

/** Stops what a test left running. */
export async function stopEveryUp(): Promise<void> {
  for (const child of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGINT");
      await once(child, "exit");
    }
  }
}
