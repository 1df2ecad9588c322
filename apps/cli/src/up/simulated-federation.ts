import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { toPrintable } from "@switchboard/domain";
import { type Demo, parseDemo } from "../demo.ts";
import { UsageError } from "../usage-error.ts";

export type SimulatedFederation = { readonly demo: Demo; stop(): Promise<void> };

export type SimulatorOptions = {
  /** How many servers to make up; null for the simulator's own number. */
  readonly names: number | null;
  /** A folder with one document for each server, to be served instead; null for made-up ones. */
  readonly documents: string | null;
};

const ENTRY = fileURLToPath(new URL("../../../../packages/simulator/src/main.ts", import.meta.url));

/** Starts the simulator as a child process, which ends when we do. Throws UsageError where it cannot use its options. */
export async function startSimulator(
  { names, documents }: SimulatorOptions,
  say: (line: string) => void,
): Promise<SimulatedFederation> {
  const args = [
    ...(names === null ? [] : ["--names", String(names)]),
    ...(documents === null ? [] : ["--documents", documents]),
  ];
  const child = spawn(process.execPath, [ENTRY, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
  });
  const ended = once(child, "exit");
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(0, 2_000);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const demo = parseDemo(line);
    const sayEnded = (): void => say("the simulated federation has ended; stop and start again");
    child.once("exit", sayEnded);
    return {
      demo,
      async stop() {
        child.off("exit", sayEnded);
        child.kill("SIGTERM");
        await ended;
      },
    };
  }
  await ended;
  throw new UsageError(`demo: ${toPrintable(complaint.trim(), 500)}`);
}
