import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { COMPILE_CACHE } from "@switchboard/runtime";

/** Longer than anything here takes on a machine that has much better to do. */
export const PATIENCE_MS = 180_000;
/** The time-out of a test that waits in this way: its own patience is to end first, and to say what it waited for. */
export const TEST_MS = 2 * PATIENCE_MS;

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export type WorkerProcess = {
  /** Everything it logged so far. */
  readonly log: () => string;
  /** Waits until `reached` says so; throws, with the log, where the worker ends before or takes longer than `PATIENCE_MS`. */
  until(reached: () => Promise<boolean>): Promise<void>;
  /** Sends a signal that does not end it. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  /** Sends the signal, where one is given, and waits for the end. */
  end(signal?: "SIGTERM" | "SIGKILL"): Promise<{ readonly code: number | null; readonly tookMs: number }>;
};

/** The worker as an operator starts it: a process of its own, told by its environment; or another composition of it. */
export function startWorkerProcess(env: Readonly<Record<string, string>>, main = MAIN): WorkerProcess {
  const child = spawn(process.execPath, [main], {
    env: { PATH: process.env["PATH"], NODE_COMPILE_CACHE: COMPILE_CACHE, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A test run that is cut short must not leave it behind.
  const killWithUs = () => void child.kill("SIGKILL");
  process.once("exit", killWithUs);
  child.once("exit", () => process.off("exit", killWithUs));
  let log = "";
  for (const output of [child.stdout, child.stderr]) {
    output.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    log: () => log,
    async until(reached) {
      const begun = performance.now();
      while (!(await reached())) {
        if (!isRunning()) throw new Error(`the worker ended: ${log}`);
        if (performance.now() - begun > PATIENCE_MS) throw new Error(`the worker did not get there: ${log}`);
        await sleep(25);
      }
    },
    signal: (signal) => void child.kill(signal),
    async end(signal) {
      const begun = performance.now();
      const exit = isRunning() ? once(child, "exit") : null;
      if (signal !== undefined) child.kill(signal);
      await exit;
      return { code: child.exitCode, tookMs: performance.now() - begun };
    },
  };
}

/** Where a worker serves its metrics, by what it logged; where it has not said so yet, it is no URL. */
export function metricsUrlOf(log: string): string {
  const port = /"port":(\d+),"msg":"metrics [^"]*are served"/.exec(log)?.[1];
  return `http://127.0.0.1:${port}/metrics`;
}
